import type { Overrides } from '../settings/schema.ts';

/** A load that looks like trouble and is none. */
interface Healthy {
  id: string;
  /** What looks like trouble, and why it is none. */
  title: string;
  settings: Overrides;
  /** Causes that may be called contributing here. */
  contributing?: readonly string[];
}

/** Nobody fails in any of these, on whatever runtime; so whatever cause is confirmed is confirmed wrongly. */
export const HEALTHY: readonly Healthy[] = [
  {
    id: 'slow-handshakes',
    title: 'handshakes that take 1.5 s for all users together, and patient users',
    settings: { users: 100, handshake_cost_ms: 15, rounds: 0 },
  },
  {
    id: 'busy-loop',
    title:
      'bets that keep the event loop busy for three quarters of the time, and time-outs longer than that',
    settings: { users: 200, betting: 'paced', bet_cost_ms: 6, round_ms: 2000, pause_ms: 300 },
  },
  {
    id: 'herd-that-is-served',
    title: 'all users bet in one instant and block the event loop, for less time than any user waits',
    settings: { users: 300, betting: 'herd', bet_cost_ms: 1, round_ms: 1000, pause_ms: 300 },
  },
  {
    id: 'overflow-made-good',
    title: 'a short stall overflows the accept queue, and repeated SYNs find room',
    // 20 are open, 65 fit into the queue, and the SYNs of the other 65 come again 1 s after the first.
    settings: { users: 150, ramp: '300ms', backlog: 64, stall_at_users: 20, stall_ms: 800, rounds: 0 },
  },
  {
    id: 'users-leave',
    title: 'users that leave in order',
    settings: { users: 200, ramp: '500ms', stay_ms: 600, rounds: 0, hold_ms: 1000 },
  },
  {
    id: 'rolling-restart',
    title: 'a restart that drains, one user after another, and users that come back at random',
    settings: {
      users: 150,
      rounds: 0,
      hold_ms: 1200,
      restart_at_users: 150,
      restart_drain_ms: 1000,
      reconnect: 'jittered',
      reconnect_ms: 500,
    },
  },
  {
    id: 'restart-survived',
    title: 'a restart that cuts all users, and all of them come back',
    settings: {
      users: 100,
      rounds: 0,
      hold_ms: 500,
      restart_at_users: 100,
      restart_ms: 200,
      reconnect: 'jittered',
      reconnect_ms: 800,
    },
  },
  {
    id: 'descriptors-almost-gone',
    title: 'nine of ten descriptors in use, and no more users',
    settings: { nofile: 256, users: 215, rounds: 0 },
  },
  {
    id: 'idle-with-heartbeat',
    title: 'users that send nothing, but answer each ping',
    settings: { users: 200, rounds: 0, heartbeat_ms: 1000, hold_ms: 2600 },
  },
  {
    id: 'keep-alive-in-time',
    title: 'HTTP connections that are used again well before the gateway would close them',
    settings: { kind: 'http', users: 100, requests: 4, request_gap_ms: 300, keep_alive_ms: 5000, rounds: 0 },
  },
];
