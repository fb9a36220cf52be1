import assert from 'node:assert/strict';
import { assertServed, certificate } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy("HTTPS, short requests beside a pool: the client's close_notify meets a closed socket", {
  common: true,
  takes: ['openssl'],
  stage: (field) => field.serve('web.ts', PORT, { CERTIFICATE: certificate(field.place) }),
  async load(field) {
    const resets = await field.counted('OutRsts', async () =>
      assertServed(await field.users(PORT, { TLS: 1, POOL: 10, SHORT_MS: 50 }), 25),
    );
    assert.ok(resets > 10, `${resets} RST`);
  },
});

healthy('a database behind TLS: sessions that stay, and others that ask and quit', {
  takes: ['openssl'],
  stage: (field) => field.serve('greeting.ts', PORT, { CERTIFICATE: certificate(field.place) }),
  async load(field) {
    assertServed(await field.users(PORT, { TLS: 1, SPEAKS: 'greeted', POOL: 10, SHORT_MS: 50 }), 25);
  },
});
