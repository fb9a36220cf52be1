import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('a pool that shrinks: what it needs no more the server closes when it has been idle', {
  common: true,
  // Its clock is told, and hurts nobody.
  seen: ['idle-timeout', 'app-timeout-or-panic'],
  stage: (field) => field.serve('web.ts', PORT, { IDLE_MS: 700 }),
  async load(field) {
    const asks = field.users(PORT, { POOL: 10, FOR_MS: 4000 });
    const leaves = field.users(PORT, { SHORT_MS: 60, LEAVE: 'idle', ASKS: 5, FOR_MS: 1500 });
    assertServed(await asks, 10);
    const { served, failed } = await leaves;
    assert.deepEqual(failed, {});
    assert.ok(served >= 10, `${served} served`);
  },
});
