import type { UserLine } from '../../protocol/fleet-events.ts';
import type { HolderState, ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { countBelow } from '../laws/descriptor-law.ts';
import { wasServed } from './connection-fate.ts';
import { failedAt } from './user-groups.ts';

/** How the lab knows that the last descriptor was missing, though one was free in every sample. */
export type LastMissed = 'accept' | 'call' | 'answers' | 'held' | 'reserve';

/** From the sample before to the sample after, ms since the epoch. */
export interface Span {
  from: number;
  to: number;
}

/** It was so since the sample before this one at the earliest, until the sample after it at the latest. */
export function spanAround(series: readonly Pick<ObservedLine, 'at'>[], index: number): Span {
  const at = series[index]?.at ?? 0;
  return { from: series[index - 1]?.at ?? at, to: series[index + 1]?.at ?? at };
}

/** An answer of a server that could not serve the request, for any reason (RFC 9110, 15.6.1). */
export function wasAnswered500({ status }: Pick<UserLine, 'status'>): boolean {
  return status === 500;
}

/** Which call of the server failed with EMFILE, as traced: accept(2), else another. */
export function callThatMissed({ ledger }: Pick<Evidence, 'ledger'>): 'accept' | 'call' | undefined {
  const { failedAccepts, failedCalls = 0 } = ledger.witnesses.tracefs ?? {};
  if ((failedAccepts?.EMFILE ?? 0) > 0) return 'accept';
  return failedCalls > 0 ? 'call' : undefined;
}

/** Would the trace have shown any such call? */
export function wouldBeTold({ ledger }: Pick<Evidence, 'ledger'>): boolean {
  const { tracefs } = ledger.witnesses;
  if (tracefs === undefined || tracefs.missing !== undefined || tracefs.lost > 0) return false;
  return !tracefs.without?.some((line) => /^processes|^syscalls:/.test(line));
}

/** When that was, from the first to the last time; undefined: it did not happen, or there was no trace. */
export function missedAt({ ledger }: Pick<Evidence, 'ledger'>): Span | undefined {
  const { emfileAt } = ledger.witnesses.tracefs ?? {};
  return emfileAt && { from: emfileAt.first, to: emfileAt.last };
}

/**
 * When a process of a server that is not ours had one descriptor left, or none, and users were answered with 500 for that. The next
 * connection uses the last one, and none is left for its file or upstream: nginx answers 500 ("24: Too many open files"), closes, and has
 * one left again before the next sample. How that is known: at start there was room, others were served, and such answers came at those
 * times and at no other. Undefined where any came at another time: then the cause of that one may have made the others too.
 * @param slackMs so far from such a time an answer still belongs to it
 */
export function answeredShort(
  { observer, fleet }: Pick<Evidence, 'observer' | 'fleet'>,
  series: readonly ObservedLine[],
  slackMs: number,
): Span[] | undefined {
  const { server } = observer.before ?? {};
  if (server === undefined || !fleet.users.some(wasAnswered500)) return undefined;
  const joined = series.flatMap((line) => line.server?.joined ?? []);
  const short = [...server.holders, ...joined].flatMap((holder) => shortSpans(holder, series));
  let served = false;
  for (const user of fleet.users) {
    served ||= user.openMs !== undefined;
    if (wasAnswered500(user) && !isWithin(short, failedAt(user), slackMs)) return undefined;
  }
  return served ? short : undefined;
}

/** Is that moment within one of those spans, or near it? */
export function isWithin(spans: readonly Span[], at: number, slackMs: number): boolean {
  return spans.some(({ from, to }) => at >= from - slackMs && at <= to + slackMs);
}

/** The spans of one process. If it was so at start, that says nothing about users. */
function shortSpans({ pid, nofileSoft, descriptors }: HolderState, series: readonly ObservedLine[]): Span[] {
  const atRest = countBelow(nofileSoft, descriptors);
  if (atRest >= nofileSoft - 1) return [];
  const strays = descriptors.length - atRest;
  const spans: Span[] = [];
  let last: Span | undefined;
  for (const [index, { server }] of series.entries()) {
    const used = (server?.holders[pid]?.descriptors ?? 0) - strays;
    if (used < nofileSoft - 1) {
      last = undefined;
      continue;
    }
    const around = spanAround(series, index);
    if (last !== undefined) last.to = around.to;
    else {
      last = around;
      spans.push(last);
    }
  }
  return spans;
}

/**
 * Was one left in a sample because a spare one had just been given up to close a connection (libuv, src/unix/stream.c uv__emfile_trick)?
 * Known by this: exactly as many connections were open then as the limit leaves room for. Only for a server of one process: with several,
 * nobody knows which has them.
 */
export function isHeldAtLimit(
  { observer }: Pick<Evidence, 'observer'>,
  series: readonly ObservedLine[],
  short: Span,
  predicted: number,
): boolean {
  const within = series.filter(({ at }) => at >= short.from && at <= short.to);
  return isOneProcess(observer.before, series) && within.some(({ server }) => server?.held === predicted);
}

/**
 * The same for the time at which the listener of such a server closed between two samples: as many served connections were open just
 * then. Undefined: it did not close, or there were more or fewer.
 */
export function heldAsItWent(
  { observer, ledger }: Pick<Evidence, 'observer' | 'ledger'>,
  series: readonly ObservedLine[],
  predicted: number,
): Span | undefined {
  const gone = series.findIndex(({ acceptQueue }) => acceptQueue === undefined);
  const before = series[gone - 1];
  if (before?.acceptQueue === undefined || !isOneProcess(observer.before, series)) return undefined;
  const span = { from: before.at, to: spanAround(series, gone).to };
  let held = 0;
  for (const line of connectionsOf(ledger)) {
    const { open, complete, closed, at } = line;
    if (!wasServed(line) || (complete?.is ?? 0) > span.to) continue;
    if (open || (closed?.is ?? at) >= span.from) held += 1;
  }
  return held === predicted ? span : undefined;
}

/**
 * How many descriptors redis and similar servers keep for themselves of the limit at their start (src/server.h CONFIG_MIN_RESERVED_FDS,
 * src/server.c adjustOpenFilesLimit). With another number, a cap that somebody set is taken for the limit.
 */
export const RESERVED = 32;
/** A sample may find this many more connections in the table, which were told that there is no room and are closing. */
const ON_THE_WAY_OUT = 20;
/** The number of samples at that level: with fewer, it was passed by chance. */
const FLAT = 3;

/** Limits that somebody has chosen: 100, 1024, 65535. */
const isRound = (limit: number) =>
  limit % 100 === 0 || limit % 64 === 0 || Number.isInteger(Math.log2(limit + 1));

/**
 * When a server that keeps a reserve had as many connections open as its limit leaves beside that, and never more that stayed; undefined
 * where it had not. Only where the limit itself was chosen: a server that may raise it does so until its own cap fits, and then it meets
 * the cap. The numbers decide, since such a server has no room to raise it (both limits are set): 992 of 1024 is a limit, 500 of 532 is a
 * cap.
 */
export function reserveMet(
  { observer }: Pick<Evidence, 'observer'>,
  series: readonly ObservedLine[],
): (Span & { level: number }) | undefined {
  const { process } = observer.before ?? {};
  if (process === undefined || process.nofileSoft < process.nofileHard) return undefined;
  const level = process.nofileSoft - RESERVED;
  if (!isRound(process.nofileSoft) || level % 10 === 0) return undefined;
  const held = series.map(({ server }) => server?.held);
  const isThere = (number = 0) => number >= level;
  const above = held.some((number = 0) => number > level + ON_THE_WAY_OUT);
  const flat = held.filter((number) => number === level).length;
  if (level < 1 || above || flat < FLAT || !isOneProcess(observer.before, series)) return undefined;
  const { from } = spanAround(series, held.findIndex(isThere));
  const { to } = spanAround(series, held.findLastIndex(isThere));
  return { from, to, level };
}

/**
 * Where a new connection used the last descriptor, and none was left for what it needs besides (a file, a socket): how many connections
 * were open then. Undefined: there is no sample of that time.
 */
export function heldAtLast(
  series: readonly ObservedLine[],
  short: Span,
  used: (line: ObservedLine) => number,
  limit: number,
): number | undefined {
  const flat = series.filter(
    (line) => line.at >= short.from && line.at <= short.to && used(line) === limit - 1,
  );
  const held = flat.flatMap(({ server }) => server?.held ?? []).sort((a, b) => a - b);
  return held[held.length >> 1];
}

/** May somebody have chosen this as a number of connections? 50, 200, 256, 1024. */
export function isChosen(level: number): boolean {
  return level % 10 === 0 || level % 64 === 0 || Number.isInteger(Math.log2(level));
}

function isOneProcess(before: Evidence['observer']['before'], series: readonly ObservedLine[]): boolean {
  const joined = series.reduce((sum, { server }) => sum + (server?.joined?.length ?? 0), 0);
  return (before?.server?.holders.length ?? 0) + joined === 1;
}
