import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('keep-alive connections that the server closes when they have been idle', {
  stage: (field) => field.serve('web.ts', PORT, { IDLE_MS: 600 }),
  async load(field) {
    assertServed(await field.users(PORT, { POOL: 5, SHORT_MS: 50, LEAVE: 'idle' }), 25);
  },
});
