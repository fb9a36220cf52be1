import assert from 'node:assert/strict';
import { assertServed, type Field } from './field.ts';
import { healthy, PORT } from './shape.ts';

const serveWeb = (field: Field) => field.serve('web.ts', PORT);

/** The users of the server, while somebody else knocks. */
async function beside(field: Field, knocks: Promise<unknown>): Promise<void> {
  const [users] = await Promise.all([field.users(PORT, { POOL: 10 }), knocks]);
  assertServed(users, 10);
}

healthy('a health check that ends with RST', {
  common: true,
  stage: serveWeb,
  load: (field) => beside(field, field.visit('knocking.ts', PORT, { HOW: 'reset' })),
});

healthy('health checks that connect and close, and that never complete the handshake', {
  takes: ['python3'],
  stage: serveWeb,
  async load(field) {
    const close = field.visit('knocking.ts', PORT, { HOW: 'close' });
    await beside(field, Promise.all([close, field.visit('half-open.py', PORT, {})]));
  },
});

healthy('a neighbour that tries a closed port again and again', {
  stage: serveWeb,
  async load(field) {
    const resets = await field.counted('OutRsts', () =>
      beside(field, field.visit('knocking.ts', 9999, { HOW: 'close' }, 'beside')),
    );
    assert.ok(resets > 10, `${resets} RST`);
  },
});
