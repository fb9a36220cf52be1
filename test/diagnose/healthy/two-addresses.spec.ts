import assert from 'node:assert/strict';
import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('two servers on one port at two addresses, of which the other one resets everybody', {
  byPid: true,
  async stage(field) {
    const { address, other } = field;
    field.place.run(`ip addr add ${other}/32 dev lo`);
    await field.serve('resetting.ts', PORT, { HOST: other });
    return field.serve('web.ts', PORT, { HOST: address });
  },
  async load(field) {
    const others = field.users(PORT, { SHORT_MS: 50, HOST: field.other });
    assertServed(await field.users(PORT, { POOL: 5, SHORT_MS: 100 }), 20);
    assert.equal((await others).served, 0);
  },
});
