import type { Stage, UserLine } from './lines.ts';
import type { Failure } from './outcome.ts';

/** What a user's line is made of. Times are those of performance.now(), 0 for what was not reached. */
export interface Life {
  readonly id: number;
  stage: Stage;
  failure: Failure | undefined;
  port: number;
  startedAt: number;
  connectedAt: number;
  openAt: number;
  endedAt: number;
  placed: number;
  acked: number;
  rejected: number;
  slowestAckMs: number;
}

/** @param epoch what to add to performance.now() to get milliseconds since the Unix epoch */
export function userLine(life: Life, epoch: number): UserLine {
  const { placed, acked, rejected, startedAt, connectedAt, openAt, endedAt, slowestAckMs } = life;
  return {
    event: 'user',
    id: life.id,
    outcome: 'open',
    stage: life.stage,
    ...life.failure,
    ...(life.port > 0 && { port: life.port }),
    startedAt: tenths(epoch + startedAt),
    ...(connectedAt > 0 && { connectedMs: tenths(connectedAt - startedAt) }),
    ...(openAt > 0 && { openMs: tenths(openAt - startedAt) }),
    ...(endedAt > 0 && { endedMs: tenths(endedAt - startedAt) }),
    bets: { placed, acked, rejected },
    ...(slowestAckMs >= 0 && { slowestAckMs: tenths(slowestAckMs) }),
  };
}

/** Rounded to tenths of a millisecond. */
export function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
