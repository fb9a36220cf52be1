import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('five pooled clients, beside a neighbour that resets its own clients', {
  common: true,
  async stage(field) {
    await field.serve('resetting.ts', 9001);
    return field.serve('web.ts', PORT);
  },
  async load(field) {
    const resets = await field.counted('OutRsts', async () => {
      const neighbours = field.users(9001, { SHORT_MS: 200 });
      assertServed(await field.users(PORT, { POOL: 5 }), 5);
      assert.equal((await neighbours).served, 0);
    });
    assert.ok(resets > 4, `${resets} RST`);
  },
});
