import assert from 'node:assert/strict';
import { sleep } from '../place.ts';
import { assertServed, type Field, type Given, LOAD_MS } from './field.ts';
import { healthy, PORT } from './shape.ts';

const supervisors = new WeakMap<Field, number>();

async function stage(field: Field, env: Given): Promise<number> {
  const pid = await field.serve('reloading.ts', PORT, env);
  supervisors.set(field, pid);
  return pid;
}

/** Users before the reload, who leave in time, and others who come after it; short requests all along. */
async function load(field: Field): Promise<void> {
  const supervisor = supervisors.get(field) as number;
  const worker = () => field.place.run(`cat /proc/${supervisor}/task/*/children`).trim();
  assert.notEqual(worker(), '');
  const before = field.users(PORT, { POOL: 10, FOR_MS: LOAD_MS / 2 });
  const all = field.users(PORT, { SHORT_MS: 50 });
  await sleep(LOAD_MS / 4);
  process.kill(supervisor, 'SIGUSR2');
  await sleep(LOAD_MS / 4);
  const after = field.users(PORT, { POOL: 10, FOR_MS: LOAD_MS / 2 });
  assertServed(await before, 10);
  assertServed(await after, 10);
  assertServed(await all, 30);
  assert.equal(worker(), '', 'the old one has left');
}

healthy('a reload: a new process inherits the listener, the old one serves on, and leaves', {
  whole: true,
  stage: (field) => stage(field, { INHERITED: 1 }),
  load,
});

healthy(
  'a restart: a new process opens the port by SO_REUSEPORT beside the old one, which serves on, and leaves',
  {
    stage: (field) => stage(field, {}),
    load,
  },
);
