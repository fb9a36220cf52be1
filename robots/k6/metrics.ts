import { Counter, Trend } from 'k6/metrics';

/** Users that came, each once. */
export const users = new Counter('users');
/** Users that were open to the end. */
export const open = new Counter('open');
/** Users that were not, by `stage` and `outcome` (its tags). */
export const failed = new Counter('failed');
export const placed = new Counter('bets_placed');
export const acked = new Counter('bets_acked');
export const rejected = new Counter('bets_rejected');
/** From the call of connect to the end of the upgrade, and from bet to ack. */
export const toOpen = new Trend('time_to_open', true);
export const toAck = new Trend('time_to_ack', true);
