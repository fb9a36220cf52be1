import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { serveNginx } from './nginx.ts';
import { healthy, PORT } from './shape.ts';

healthy('TCP_DEFER_ACCEPT, beside a neighbour whose users overflow its own queue', {
  takes: ['nginx'],
  async stage(field) {
    await field.serve('deaf.ts', 9001);
    return serveNginx(field, 'deferred');
  },
  async load(field) {
    const drops = await field.counted('ListenOverflows', async () => {
      const neighbours = field.visit('crowd.ts', 9001, { USERS: 60 });
      const [users] = await Promise.all([field.users(PORT, { POOL: 20, SHORT_MS: 20 }), neighbours]);
      assertServed(users, 50);
    });
    assert.ok(drops > 20, `${drops} dropped`);
  },
});
