import type { Program } from '../program.ts';
import { cap, idle, ofAny, waits } from '../situations.ts';
import { MEMCACHED } from '../speeches.ts';

export const memcached: Program = {
  name: 'memcached',
  language: 'C',
  source: { debian: { packages: ['memcached'], command: 'memcached' } },
  kind: 'tcp',
  speech: MEMCACHED,
  recipe({ port, set }) {
    const { connections = 500, options } = set;
    const fixed = ['-l', '0.0.0.0', '-U', '0', '-t', '2', '-u', 'nobody', '-m', '16'];
    const more = options === undefined ? [] : ['-o', String(options)];
    return { argv: ['memcached', '-p', String(port), '-c', String(connections), ...fixed, ...more] };
  },
  situations: [
    ...ofAny(),
    cap(30, { connections: 30 }),
    // It accepts no more until somebody leaves.
    waits(30, { connections: 30, options: 'no_maxconns_fast' }),
    idle({ options: 'idle_timeout=1' }),
  ],
};
