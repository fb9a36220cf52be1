import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('a server that speaks first; its users ask, and quit', {
  stage: (field) => field.serve('greeting.ts', PORT),
  async load(field) {
    assertServed(await field.users(PORT, { SPEAKS: 'greeted', POOL: 5, SHORT_MS: 40 }), 25);
  },
});
