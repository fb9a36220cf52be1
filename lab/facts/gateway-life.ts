import { defined } from '../../common/defined.ts';
import { type CloseReason, SEEN_ERRORS } from '../../protocol/gateway-events.ts';
import type { Evidence, UnexpectedExit } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import type { ClosedListener } from './closed-listeners.ts';
import { type HowEnded, howByStatus, howEnded, senderInWords } from './how-ended.ts';
import { largest } from './numbers.ts';
import { sharedLimits } from './shared-limits.ts';
import { processEnds } from './worker-ends.ts';

/** What the gateway reports about itself, and what is seen of its process. */
export interface GatewayFacts {
  exit?: ExitFacts;
  /** Its own closes. */
  byReason: Partial<Record<CloseReason, number>>;
  errors: number;
  loopMaxMs: number;
  /** How long it was seen stopped (state T), ms. */
  stoppedMs: number;
  samples: number;
  /** When our gateway closed its listener and lived on, other than in a restart that it logged, ms since the epoch; absent: it did not. */
  unlistened?: Omit<ClosedListener, 'thrown' | 'resetsAround'>;
  /**
   * For a server that is not ours: how many of its processes ended during the load, and how many of these without letting others take
   * over their listener.
   */
  processes?: { seen: number; ended: number; abruptly: number };
}

/** How the gateway ended before the lab ended it. */
export interface ExitFacts {
  /** The earliest time at which that is known, ms: its last line, its process gone, or the lab's notice of it. */
  at: number;
  how: string;
  code: number | null;
  signal: string | null;
  /** The error that ended it, as it logged it. */
  fatal?: string;
  /** Processes that the kernel killed in its cgroup for want of memory; undefined: could not be read. */
  oomKills?: number;
  /** All that is known about how it ended; undefined: nothing. */
  ended?: HowEnded;
}

function exitFacts(evidence: Evidence): ExitFacts | undefined {
  const { gateway, observer } = evidence;
  const { exit } = gateway;
  if (exit === undefined) return undefined;
  const oomKills = ownOomKills(evidence, exit);
  const ended = howAllEnded(evidence, oomKills);
  const [code, signal] = ended ? [ended.code ?? null, ended.signal ?? null] : [exit.code, exit.signal];
  const fatal = gateway.errors.find((error) => error.fatal);
  // For a server that is not ours the series shows one worker, and others may have lived on.
  const gone = observer.before?.server
    ? undefined
    : observer.series.find(({ state }) => state === 'gone' || state === 'Z');
  return defined({
    at: Math.min(exit.at, fatal?.at ?? exit.at, gone?.at ?? exit.at),
    how: howInWords(code, signal, ended) + (exit.where === undefined ? '' : `, on ${exit.where}`),
    code,
    signal,
    fatal: fatal?.message,
    oomKills,
    ended,
  });
}

/** Where others are in its cgroup, a kill that is counted there may have been of one of them; none was of nobody. */
function ownOomKills(evidence: Evidence, { oomKills }: UnexpectedExit): number | undefined {
  return oomKills === 0 || !sharedLimits(evidence).includes('memory_mb') ? oomKills : undefined;
}

function howInWords(code: number | null, signal: string | null, ended: HowEnded | undefined): string {
  const from = senderInWords(ended?.sender);
  if (signal !== null) return `${signal}${ended?.oom ? ', for want of memory' : from}`;
  if (code === null) return 'how is not known from outside';
  return `exit code ${code}${ended?.asked ? `, after ${ended.asked}${from}` : ''}`;
}

/** How the server ended: of several processes, the first one whose end is known. */
function howAllEnded(evidence: Evidence, oomKills: number | undefined): HowEnded | undefined {
  const { exit, listening } = evidence.gateway;
  if (exit === undefined) return undefined;
  const { code, signal } = exit;
  const traced =
    evidence.observer.before?.server === undefined
      ? listening && [{ pid: listening.pid, at: exit.at }]
      : processEnds(evidence.observer.series, Number.POSITIVE_INFINITY);
  for (const { pid, at } of traced ?? []) {
    const how = howEnded(evidence, pid, at);
    if (how?.by === 'tracefs') return how;
  }
  return code === null && signal === null ? undefined : howByStatus({ code, signal }, oomKills);
}

/** From its lines up to `until`, ms. */
export function gatewayFacts(evidence: Evidence, until: number): GatewayFacts {
  const { gateway, observer } = evidence;
  const byReason: GatewayFacts['byReason'] = {};
  for (const { at, reason } of gateway.closes) {
    if (at > until || SEEN_ERRORS.includes(reason)) continue;
    byReason[reason] = (byReason[reason] ?? 0) + 1;
  }
  let stoppedMs = 0;
  for (const [index, line] of observer.series.entries()) {
    const next = observer.series[index + 1];
    if (line.state === 'T' && next) stoppedMs += next.at - line.at;
  }
  return {
    ...defined({ exit: exitFacts(evidence), unlistened: unlistened(evidence, until) }),
    byReason,
    errors: gateway.errors.length,
    loopMaxMs: largest(
      gateway.samples.map(({ loop }) => loop.max),
      0,
    ),
    stoppedMs,
    samples: gateway.samples.length,
    ...(observer.before?.server ? { processes: processesOf(evidence, until) } : {}),
  };
}

/** The listener is no longer in the kernel's table, but the process is alive. */
function unlistened({ observer, gateway }: Evidence, until: number): GatewayFacts['unlistened'] {
  if (observer.before?.server || gateway.restarts.length > 0 || gateway.exit) return undefined;
  // The gateway is watched until the lab ends it.
  const { series } = observer;
  const last = series.findLastIndex(({ acceptQueue }) => acceptQueue !== undefined);
  const [open, gone, next] = [series[last], series[last + 1], series[last + 2]];
  const end = series.at(-1);
  if (open === undefined || gone === undefined || end === undefined) return undefined;
  if (end.state === 'gone' || end.state === 'Z') return undefined;
  const users = gateway.samples.findLast(({ at }) => at <= until)?.open ?? 0;
  const goneBy = next?.at ?? gone.at;
  return { from: open.at, goneBy, forMs: end.at - open.at, users, beside: false };
}

function processesOf(
  { observer: { series } }: Evidence,
  until: number,
): NonNullable<GatewayFacts['processes']> {
  const seen = new Set(series.flatMap(({ server }) => Object.keys(server?.holders ?? {})));
  const left = new Set(series.flatMap(({ server }) => server?.left ?? []));
  const ends = processEnds(series, until);
  return { seen: seen.size, ended: ends.length, abruptly: ends.filter(({ pid }) => !left.has(pid)).length };
}

/** The gateway's memory. Bytes. */
export interface MemoryFacts {
  atRest: number;
  /** The most that was seen, up to the last sample. */
  peak: number;
  /** The limit in force, the lowest of its cgroups; undefined: none, or not known. */
  limit?: number;
  /** Users that became open, whatever happened to them later. */
  opened: number;
}

/** From the observer's series and the gateway's own samples; undefined when neither saw it. */
export function memoryFacts({ observer, gateway, fleet }: Evidence): MemoryFacts | undefined {
  const seen = [
    ...observer.series.flatMap(({ at, rss }) => (rss ? [{ at, rss }] : [])),
    ...gateway.samples.flatMap(({ at, memory: { rss } }) => (rss ? [{ at, rss }] : [])),
  ].sort((a, b) => a.at - b.at);
  const [first] = seen;
  if (first === undefined) return undefined;
  const memoryMb = gateway.listening?.limits?.memoryMb ?? 0;
  return {
    atRest: first.rss,
    peak: largest(seen.map(({ rss }) => rss)),
    ...defined({ limit: memoryMb > 0 ? memoryMb * 2 ** 20 : undefined }),
    opened: countOf(fleet.users, ({ openMs }) => openMs !== undefined),
  };
}
