import type { Program } from '../program.ts';
import { cap, idle, ofAny } from '../situations.ts';
import { REDIS } from '../speeches.ts';

export const redis: Program = {
  name: 'redis',
  language: 'C',
  source: { debian: { packages: ['redis-server'], command: 'redis-server' } },
  kind: 'tcp',
  speech: REDIS,
  recipe({ port, set }) {
    const flags = Object.entries(set).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const fixed = ['--bind', '0.0.0.0', '--protected-mode', 'no', '--save', '', '--appendonly', 'no'];
    return { argv: ['redis-server', '--port', String(port), ...fixed, ...flags] };
  },
  situations: [
    ...ofAny(),
    cap(30, { maxclients: 30 }),
    // It lowers maxclients to what its descriptors allow.
    cap(40, undefined, { id: 'nofile', nofile: 72, truth: ['connection-cap', 'fd-exhaustion'] }),
    idle({ timeout: 1 }),
  ],
};
