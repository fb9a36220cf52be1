import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('clients that are served, and leave by an RST', {
  common: true,
  stage: (field) => field.serve('web.ts', PORT),
  async load(field) {
    const resets = await field.counted('EstabResets', async () =>
      assertServed(await field.users(PORT, { POOL: 5, SHORT_MS: 50, LEAVE: 'reset' }), 25),
    );
    assert.ok(resets > 10, `${resets} connections reset`);
  },
});
