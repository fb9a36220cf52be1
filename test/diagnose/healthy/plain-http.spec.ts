import { assertServed, LOAD_MS } from './field.ts';
import { healthy, PORT } from './shape.ts';

/** Users of a pool that have asked once, and stay. */
const QUIET = { ASK_MS: 2 * LOAD_MS };

healthy('plain HTTP, a pool that stays beside a probe that comes and goes', {
  common: true,
  stage: (field) => field.serve('web.ts', PORT),
  async load(field) {
    assertServed(await field.users(PORT, { POOL: 10, SHORT_MS: 1000, FOR_MS: 3000, ...QUIET }), 13);
  },
});

healthy("plain HTTP, a pool beside many short requests, a server that is root's", {
  stage: (field) => field.serve('web.ts', PORT, { root: 1 }),
  async load(field) {
    assertServed(await field.users(PORT, { POOL: 30, SHORT_MS: 20, ...QUIET }), 60);
  },
});
