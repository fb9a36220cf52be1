import { defined } from '../../common/defined.ts';
import type { CloseReason } from '../../protocol/gateway-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import { largest } from './numbers.ts';
import { processEnds } from './worker-ends.ts';

/** What the gateway says of itself, and what is seen of its process. */
export interface GatewayFacts {
  exit?: ExitFacts;
  /** Its own closes. */
  byReason: Partial<Record<CloseReason, number>>;
  errors: number;
  loopMaxMs: number;
  /** For how long it was seen stopped (state T), ms. */
  stoppedMs: number;
  samples: number;
  /**
   * Of a server that is not ours: how many of its processes that were seen ended during the load, and how many of these without having
   * let others take over their listener.
   */
  processes?: { seen: number; ended: number; abruptly: number };
}

/** How the gateway ended before it was asked to. */
export interface ExitFacts {
  /** The earliest that it is known of, ms: its last words, its process gone, or the lab's hearing of it. */
  at: number;
  how: string;
  code: number | null;
  signal: string | null;
  /** The error it died of, in its own words. */
  fatal?: string;
  /** Processes that the kernel killed in its cgroup for want of memory; undefined: could not be read. */
  oomKills?: number;
}

function exitFacts({ gateway, observer }: Evidence): ExitFacts | undefined {
  const { exit } = gateway;
  if (exit === undefined) return undefined;
  const { code, signal, oomKills } = exit;
  const fatal = gateway.errors.find((error) => error.fatal);
  // Of a server that is not ours the series is of one worker, and others may have lived on.
  const gone = observer.before?.server
    ? undefined
    : observer.series.find(({ state }) => state === 'gone' || state === 'Z');
  return defined({
    at: Math.min(exit.at, fatal?.at ?? exit.at, gone?.at ?? exit.at),
    how: signal ?? (code === null ? 'by what is not known from outside' : `exit code ${code}`),
    code,
    signal,
    fatal: fatal?.message,
    oomKills,
  });
}

/** From its lines up to `until`, ms. */
export function gatewayFacts(evidence: Evidence, until: number): GatewayFacts {
  const { gateway, observer } = evidence;
  const byReason: GatewayFacts['byReason'] = {};
  for (const { at, reason } of gateway.closes) {
    if (at > until || reason === 'socket-error') continue;
    byReason[reason] = (byReason[reason] ?? 0) + 1;
  }
  let stoppedMs = 0;
  for (const [index, line] of observer.series.entries()) {
    const next = observer.series[index + 1];
    if (line.state === 'T' && next) stoppedMs += next.at - line.at;
  }
  return {
    ...defined({ exit: exitFacts(evidence) }),
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

function processesOf(
  { observer: { series } }: Evidence,
  until: number,
): NonNullable<GatewayFacts['processes']> {
  const seen = new Set(series.flatMap(({ server }) => Object.keys(server?.holders ?? {})));
  const left = new Set(series.flatMap(({ server }) => server?.left ?? []));
  const ends = processEnds(series, until);
  return { seen: seen.size, ended: ends.length, abruptly: ends.filter(({ pid }) => !left.has(pid)).length };
}

/** What the gateway's memory says. Bytes. */
export interface MemoryFacts {
  atRest: number;
  /** The most that was seen: what came after the last sample is not in it. */
  peak: number;
  /** The limit in force, of its cgroups the tightest; undefined: none, or not known. */
  limit?: number;
  /** Users that have been open, whatever became of them. */
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
