import type { EarlierAttempt, Stage, UserLine } from '../protocol/fleet-events.ts';
import type { Failure } from './outcome.ts';
import { printed } from './said.ts';

/**
 * A time that was not reached: 0, but none that V8 takes for a whole number. A field that begins as one gives all users another layout when
 * the first has its time, and each is then moved to that.
 */
export const NOT_YET = -0;

/** What a user's line is made of. Times are those of performance.now(), 0 for what was not reached. */
export interface Life {
  readonly id: number;
  stage: Stage;
  failure: Failure | undefined;
  port: number;
  startedAt: number;
  connectedAt: number;
  securedAt: number;
  openAt: number;
  endedAt: number;
  leftAt: number;
  hadRead: UserLine['hadRead'];
  attempts: number;
  earlier: EarlierAttempt[] | undefined;
  placed: number;
  acked: number;
  rejected: number;
  slowestAckMs: number;
  /** How long its connection was idle before its latest request but the first; 0: it made one. */
  idleMs: number;
  /** The first bytes that the server had said in this connection, in latin1. */
  said: string;
}

/** @param epoch what to add to performance.now() to get milliseconds since the Unix epoch */
export function userLine(life: Life, epoch: number): UserLine {
  const { placed, acked, rejected, startedAt, connectedAt, openAt, endedAt, slowestAckMs } = life;
  const { securedAt, leftAt, hadRead, attempts, earlier } = life;
  return {
    event: 'user',
    id: life.id,
    outcome: 'open',
    stage: life.stage,
    ...life.failure,
    ...(life.failure && life.said !== '' && { said: printed(life.said) }),
    ...(life.port > 0 && { port: life.port }),
    startedAt: tenths(epoch + startedAt),
    ...(connectedAt > 0 && { connectedMs: tenths(connectedAt - startedAt) }),
    ...(securedAt > 0 && { securedMs: tenths(securedAt - startedAt) }),
    ...(openAt > 0 && { openMs: tenths(openAt - startedAt) }),
    ...(endedAt > 0 && { endedMs: tenths(endedAt - startedAt) }),
    ...(leftAt > 0 && { leftMs: tenths(leftAt - startedAt) }),
    ...(hadRead && { hadRead }),
    ...(attempts > 1 && { attempts }),
    ...(earlier && { earlier: earlier.map((attempt) => onEpoch(attempt, epoch)) }),
    ...(life.failure && life.idleMs > 0 && { idleMs: tenths(life.idleMs) }),
    bets: { placed, acked, rejected },
    ...(slowestAckMs >= 0 && { slowestAckMs: tenths(slowestAckMs) }),
  };
}

/** The line as text, with its end: what JSON.stringify makes of `userLine`, for nearly all users in a fraction of its time. */
export function userText(life: Life, epoch: number): string {
  if (life.failure || life.hadRead || life.earlier || life.attempts > 1)
    return `${JSON.stringify(userLine(life, epoch))}\n`;
  const { id, stage, port, startedAt, placed, acked, rejected, slowestAckMs } = life;
  const since = (name: string, at: number) => (at > 0 ? `,"${name}":${tenths(at - startedAt)}` : '');
  let line = `{"event":"user","id":${id},"outcome":"open","stage":"${stage}"`;
  if (port > 0) line += `,"port":${port}`;
  line += `,"startedAt":${tenths(epoch + startedAt)}`;
  line += since('connectedMs', life.connectedAt);
  line += since('securedMs', life.securedAt);
  line += since('openMs', life.openAt);
  line += since('endedMs', life.endedAt);
  line += since('leftMs', life.leftAt);
  line += `,"bets":{"placed":${placed},"acked":${acked},"rejected":${rejected}}`;
  if (slowestAckMs >= 0) line += `,"slowestAckMs":${tenths(slowestAckMs)}`;
  return `${line}}\n`;
}

/** The attempt of a life that is going to have another; its times stay those of performance.now(). */
export function earlierAttempt(life: Life): EarlierAttempt {
  const { stage, failure, port, startedAt, openAt, endedAt } = life;
  return {
    outcome: failure?.outcome ?? 'other',
    stage,
    ...(failure?.errno && { errno: failure.errno }),
    ...(failure?.code !== undefined && { code: failure.code }),
    ...(failure?.status !== undefined && { status: failure.status }),
    ...(port > 0 && { port }),
    startedAt,
    ...(openAt > 0 && { openMs: tenths(openAt - startedAt) }),
    endedMs: tenths(endedAt - startedAt),
  };
}

function onEpoch(attempt: EarlierAttempt, epoch: number): EarlierAttempt {
  return { ...attempt, startedAt: tenths(epoch + attempt.startedAt) };
}

/** Rounded to tenths of a millisecond. */
export function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
