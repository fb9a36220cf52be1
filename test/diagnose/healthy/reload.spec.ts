import assert from 'node:assert/strict';
import { sleep } from '../place.ts';
import { assertServed, type Field, type Given, LOAD_MS } from './field.ts';
import { serveNginx } from './nginx.ts';
import { healthy, PORT } from './shape.ts';

const supervisors = new WeakMap<Field, number>();

const workerOf = (field: Field) =>
  field.place.run(`cat /proc/${supervisors.get(field)}/task/*/children`).trim();

async function stage(field: Field, env: Given): Promise<number> {
  supervisors.set(field, await field.serve('reloading.ts', PORT, env));
  return Number(workerOf(field));
}

/** The old worker does; a busy machine may need its time. */
async function leaves(hasLeft: () => boolean): Promise<void> {
  for (let tries = 50; !hasLeft(); tries -= 1) {
    assert.ok(tries > 0, 'the old worker has not left');
    await sleep(100);
  }
}

/** Users before the reload, who leave in time, and others who come after it; short requests all along. */
async function load(field: Field): Promise<void> {
  assert.notEqual(workerOf(field), '');
  const before = field.users(PORT, { POOL: 10, FOR_MS: LOAD_MS / 2 });
  const all = field.users(PORT, { SHORT_MS: 50 });
  await sleep(LOAD_MS / 4);
  process.kill(supervisors.get(field) as number, 'SIGUSR2');
  await sleep(LOAD_MS / 4);
  const after = field.users(PORT, { POOL: 10, FOR_MS: LOAD_MS / 2 });
  assertServed(await before, 10);
  assertServed(await after, 10);
  assertServed(await all, 20);
  await leaves(() => workerOf(field) === '');
}

healthy('a reload: a new process inherits the listener, the old one serves on, and leaves', {
  byPid: true,
  stage: (field) => stage(field, { INHERITED: 1 }),
  load,
});

healthy(
  'a restart: a new process opens the port by SO_REUSEPORT beside the old one, which serves on, and leaves',
  {
    async stage(field) {
      // Who is still in the queue of a listener that is closed goes to the other one (since Linux 5.14).
      field.place.run('echo 1 > /proc/sys/net/ipv4/tcp_migrate_req');
      return stage(field, {});
    },
    load,
  },
);

const masters = new WeakMap<Field, number>();

healthy('a reload of nginx: the master starts another worker, and the old one ends when it has served', {
  takes: ['nginx'],
  async stage(field) {
    const master = await serveNginx(field);
    masters.set(field, master);
    return master;
  },
  async load(field) {
    const master = masters.get(field) as number;
    const workers = () => field.place.run(`cat /proc/${master}/task/*/children`).trim();
    const old = workers();
    const users = field.users(PORT, { SHORT_MS: 20 });
    await sleep(LOAD_MS / 3);
    process.kill(master, 'SIGHUP');
    assertServed(await users, 40);
    await leaves(() => !workers().split(' ').includes(old));
  },
});
