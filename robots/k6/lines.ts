import type { UserLine } from '../../protocol/fleet-events.ts';

/** What a script says with LINES=json, one JSON object a console line: the lab makes the fleet's lines of it. */
export type K6Line = K6Phase | K6Count | K6User;

/** A VU has come so far. */
export interface K6Phase {
  k6: 'phase';
  vu: number;
  /** How many VUs there are in all. */
  vus: number;
  phase: 'load' | 'settled' | 'betting' | 'done';
  /** Milliseconds since the epoch. */
  at: number;
}

/** The counts of a VU, when they have changed. */
export interface K6Count {
  k6: 'count';
  vu: number;
  at: number;
  started: number;
  open: number;
  failed: number;
  placed: number;
  acked: number;
}

/** What became of a user. What k6 cannot see (errno, syscall, the end of the TCP handshake) is not there. */
export interface K6User extends Omit<UserLine, 'event' | 'errno' | 'syscall' | 'connectedMs'> {
  k6: 'user';
}
