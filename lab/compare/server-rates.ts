import { basename } from 'node:path';
import type { Evidence } from '../evidence/evidence.ts';
import { linuxInputOf } from '../laws/queue-model/from-run.ts';

/** How fast a server and its users are, and what the server holds before the first of them. */
export interface Pace {
  /** Connections taken a second. */
  acceptRate: number;
  /** Ms that the users' program takes for each step of a user. */
  stepMs: number;
  descriptorsAtRest: readonly number[];
  /** Where that is from, as it is printed. */
  from: string;
}

/** Without a run: a round number of the kind that runs on two cores showed (docs/model.md), and the descriptors of the gateway there. */
export const ASSUMED_PACE: Pace = {
  acceptRate: 4000,
  stepMs: 0,
  descriptorsAtRest: Array.from({ length: 24 }, (_, number) => number),
  from: 'assumed, no run to take it from',
};

/**
 * That of a run on Linux. Undefined when the run did not come so far, or was no such run; also when its users came over a time, since
 * the server then took them as they came, and may be much faster.
 */
export function paceOf(evidence: Evidence, path: string): Pace | undefined {
  const burst =
    evidence.asked.ramp === '0' && evidence.fleet.users.some(({ openMs }) => openMs !== undefined);
  const input = burst ? linuxInputOf(evidence) : undefined;
  if (input === undefined) return undefined;
  const { acceptRate, descriptorsAtRest = ASSUMED_PACE.descriptorsAtRest } = input.server;
  const { stepMs = 0 } = input.client;
  return { acceptRate, stepMs, descriptorsAtRest, from: `that of the run ${basename(path)}` };
}
