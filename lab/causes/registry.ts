import { appTimeoutOrPanic } from './app-timeout-or-panic.ts';
import { bettingHerd } from './betting-herd.ts';
import type { Cause } from './cause.ts';
import { fdExhaustion } from './fd-exhaustion.ts';
import { listenBacklog } from './listen-backlog.ts';
import { loopbackInterface } from './loopback-interface.ts';
import { robotsLimit } from './robots-limit.ts';

/**
 * Every cause, in the order in which they may claim a failed user: what a part says of itself comes before what is
 * inferred from counters.
 */
export const CAUSES: readonly Cause[] = [
  robotsLimit,
  appTimeoutOrPanic,
  fdExhaustion,
  listenBacklog,
  bettingHerd,
  loopbackInterface,
];

/** The suspects of the report: judged in every run, in the order in which the report suspected them. */
export const SUSPECTS: readonly Cause[] = [
  loopbackInterface,
  fdExhaustion,
  listenBacklog,
  appTimeoutOrPanic,
  bettingHerd,
];
