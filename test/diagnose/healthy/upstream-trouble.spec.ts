import assert from 'node:assert/strict';
import { join } from 'node:path';
import { sleep } from '../place.ts';
import { assertServed, type Field } from './field.ts';
import { healthy, PORT } from './shape.ts';

const RELAY = [process.execPath, join(import.meta.dirname, '../upstream/relay.ts')];

healthy('a proxy whose first upstream refuses, and whose second does not', {
  async stage(field) {
    await field.serve('web.ts', 9001);
    return field.serve(RELAY, PORT, { UPSTREAMS: '9009,9001' });
  },
  async load(field) {
    assertServed(await field.users(PORT, { POOL: 5, SHORT_MS: 100 }), 20);
  },
});

healthy('a proxy that looks after its upstream, which is started again while no user is there', {
  async stage(field) {
    upstreams.set(field, await field.serve('web.ts', 9001));
    return field.serve(RELAY, PORT, { UPSTREAMS: 9001, CHECK_MS: 50 });
  },
  async load(field) {
    assertServed(await field.users(PORT, { SHORT_MS: 100, FOR_MS: 800 }), 4);
    process.kill(upstreams.get(field) as number, 'SIGKILL');
    await sleep(800);
    await field.serve('web.ts', 9001);
    assertServed(await field.users(PORT, { SHORT_MS: 100, FOR_MS: 800 }), 4);
  },
});

healthy('a server that has a dead cache beside its upstream, which it tries for each request', {
  async stage(field) {
    await field.serve('web.ts', 9001);
    return field.serve('proxy.ts', PORT, { UPSTREAM: 9001, BESIDE: 9009 });
  },
  async load(field) {
    const refused = await field.counted('AttemptFails', async () =>
      assertServed(await field.users(PORT, { SHORT_MS: 100 }), 10),
    );
    assert.ok(refused >= 10, `${refused} refused`);
  },
});

/** The process of the upstream, of each field. */
const upstreams = new WeakMap<Field, number>();
