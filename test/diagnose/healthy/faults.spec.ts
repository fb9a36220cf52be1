import { faulty, PATIENCE_MS } from './fault.ts';
import type { Field } from './field.ts';
import { PORT } from './shape.ts';

/** A pool that is served, and others who come and go beside it; of the faults each has his share. */
const users = (field: Field, more = {}) =>
  field.users(PORT, { POOL: 30, SHORT_MS: 60, PATIENCE_MS, ...more });

faulty('short requests beside a pool', { load: (field) => users(field) });

faulty('HTTPS, short requests beside a pool', { tls: true, load: (field) => users(field, { TLS: 1 }) });

faulty('beside a neighbour that resets its own clients', {
  stage: (field) => field.serve('resetting.ts', 9001),
  async load(field) {
    const [ours] = await Promise.all([users(field), field.users(9001, { SHORT_MS: 100 })]);
    return ours;
  },
});
