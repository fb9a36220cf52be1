import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('a burst that drops a few SYNs, and everybody is let in a second later', {
  common: true,
  seen: ['accept-queue-drop', 'listen-backlog', 'syn-queue'],
  stage: (field) => field.serve('web.ts', PORT, { BACKLOG: 16 }),
  async load(field) {
    const drops = await field.counted('ListenDrops', async () =>
      assertServed(await field.users(PORT, { POOL: 5, SHORT_MS: 10, BURST: 20 }), 60),
    );
    assert.ok(drops > 0, 'none was dropped');
  },
});
