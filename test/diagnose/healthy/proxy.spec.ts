import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('a proxy that resets its own connections to its upstream, once they have served', {
  async stage(field) {
    await field.serve('web.ts', 9001);
    return field.serve('proxy.ts', PORT, { UPSTREAM: 9001 });
  },
  async load(field) {
    const resets = await field.counted('OutRsts', async () =>
      assertServed(await field.users(PORT, { POOL: 5, SHORT_MS: 100 }), 20),
    );
    assert.ok(resets > 10, `${resets} RST`);
  },
});
