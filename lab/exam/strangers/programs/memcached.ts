import type { Program } from '../program.ts';
import { cap, idle, nofile, ofAny } from '../situations.ts';
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
    // Its limit of descriptors is that of its connections, of which its own are a part.
    cap(13, { connections: 30 }),
    nofile(30, {
      set: { connections: 30, options: 'no_maxconns_fast' },
      nofile: 1024,
      log: /Too many open files/,
    }),
    idle({ options: 'idle_timeout=1' }),
  ],
};
