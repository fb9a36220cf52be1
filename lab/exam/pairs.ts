import type { Overrides } from '../settings/schema.ts';

/** Two causes in one run: each has users that the other one cannot have. */
export interface Pair {
  causes: readonly [string, string];
  settings: Overrides;
}

/** The id under which a pair is asked for and printed. */
export function pairId({ causes }: Pair): string {
  return [...causes].sort().join('+');
}

/** The first settles who is let in; the second ends those who were, or is another limit on who is. */
export const PAIRS: readonly Pair[] = [
  {
    causes: ['ephemeral-ports', 'fd-exhaustion'],
    settings: { nofile: 256, ip_local_port_range: '40000-40399', users: 600, rounds: 0 },
  },
  {
    causes: ['ephemeral-ports', 'gateway-crash'],
    settings: { ip_local_port_range: '40000-40199', users: 300, crash_at_users: 150, rounds: 0 },
  },
  {
    causes: ['fd-exhaustion', 'deadline'],
    settings: { nofile: 256, users: 400, deadline_ms: 2500, rounds: 0, hold_ms: 4000 },
  },
  {
    causes: ['ephemeral-ports', 'heartbeat-reaper'],
    settings: {
      ip_local_port_range: '40000-40199',
      users: 300,
      stall_at_users: 150,
      stall_ms: 2500,
      heartbeat_ms: 800,
      rounds: 0,
      hold_ms: 4500,
    },
  },
  {
    causes: ['connection-cap', 'idle-timeout'],
    settings: {
      max_connections: 150,
      cap_silent: 1,
      users: 250,
      idle_timeout_ms: 1500,
      rounds: 0,
      hold_ms: 3500,
    },
  },
  {
    causes: ['ephemeral-ports', 'frame-race'],
    settings: {
      ip_local_port_range: '40000-40199',
      users: 300,
      betting: 'racing',
      rounds: 1,
      round_ms: 1000,
      pause_ms: 300,
    },
  },
  {
    causes: ['accept-queue-drop', 'message-too-large'],
    settings: {
      somaxconn: 1,
      connect_timeout_ms: 800,
      users: 400,
      max_payload: 4096,
      bet_bytes: 8192,
      rounds: 1,
      round_ms: 1000,
      pause_ms: 300,
    },
  },
];
