import { assertServed } from './field.ts';
import { healthy, PORT } from './shape.ts';

healthy('a server that uses a whole core, while nobody waits', {
  stage: (field) => field.serve('busy.ts', PORT),
  async load(field) {
    assertServed(await field.users(PORT, { POOL: 10, SHORT_MS: 50 }), 25);
  },
});
