import type { Overrides } from '../causes/cause.ts';

/** Two causes in one run: each has users that the other one cannot have. */
export interface Pair {
  causes: readonly [string, string];
  settings: Overrides;
}

/** The id under which a pair is asked for and printed. */
export function pairId({ causes }: Pair): string {
  return [...causes].sort().join('+');
}

/** Each settles who is cut before anybody opens, then what becomes of those who did. */
export const PAIRS: readonly Pair[] = [
  {
    causes: ['fd-exhaustion', 'ephemeral-ports'],
    settings: { nofile: 256, ip_local_port_range: '40000-40399', users: 600, rounds: 0 },
  },
  {
    causes: ['ephemeral-ports', 'gateway-crash'],
    settings: { ip_local_port_range: '40000-40199', users: 300, crash_at_users: 190, rounds: 0 },
  },
];
