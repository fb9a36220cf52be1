import { defined } from '../../common/defined.ts';
import type { ConnectionLine } from '../../protocol/connection-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf, didTell } from '../evidence/ledger/ledger.ts';
import type { Fate } from './connection-fate.ts';
import { clientPortOf } from './connection-of-user.ts';
import type { ConnectionFacts, ServerEnd } from './connections.ts';
import type { Outage } from './restarts.ts';
import { totals } from './server-counts.ts';
import { processEnds, WITH_THE_END_MS } from './worker-ends.ts';

/** A listener that was closed while the process that had it lived on. */
export interface ClosedListener {
  /** When it was last seen open, and when it was first seen gone, ms since the epoch. */
  from: number;
  goneBy: number;
  /** Absent: it was not seen open again. */
  to?: number;
  forMs: number;
  /** Other listeners of the server were open all the while (SO_REUSEPORT). */
  beside: boolean;
  /** Connections of the server that lived on without it. */
  users: number;
  /** Connections in its queue, which were reset with it. */
  thrown: ServerEnd[];
  /** Connects that the server's kernel refused in that time; absent: not known, only root sees them. */
  refused?: number;
  /** RSTs that anybody in its network namespace sent in that time: background. */
  resetsAround: number;
}

/**
 * A listener that is gone for this long is no restart, ms. If shorter, a reopened listener counts as closed. If longer, a watch of
 * seconds never sees it.
 */
const LONG_MS = 2500;

/** The closed listeners of a server whose process lived on, up to `until`, ms. */
export function closedListeners(
  evidence: Evidence,
  until: number,
  outages: readonly Outage[],
  connections: ConnectionFacts | undefined,
): ClosedListener[] {
  const { observer, gateway } = evidence;
  if (observer.before?.server === undefined || gateway.exit !== undefined) return [];
  const series = observer.series.filter(({ at }) => at <= until);
  const end = series.at(-1)?.at ?? 0;
  const thrownAt = (from: number, to: number) =>
    (connections?.ends ?? []).filter(
      ({ fate, at }) =>
        fate === 'never accepted' && at >= from - WITH_THE_END_MS && at <= to + WITH_THE_END_MS,
    );
  const whole = outages.flatMap(({ from, to }): ClosedListener[] => {
    const last = to ?? end;
    if (last - from < LONG_MS || !livedOn(series, from, last)) return [];
    const gone = series.findIndex(({ at }) => at > from);
    const first = series[gone]?.at ?? from;
    const goneBy = series[gone + 1]?.at ?? first;
    return [
      {
        from,
        goneBy,
        ...defined({ to, refused: refusedWithin(evidence, from, last) }),
        forMs: last - from,
        beside: false,
        users: usersAt(series, first),
        thrown: thrownAt(from, goneBy),
        resetsAround: growthOf(series, 'Tcp OutRsts', first, last),
      },
    ];
  });
  const ends = processEnds(series, until);
  const inPart = series.flatMap((line, index): ClosedListener[] => {
    const { at, acceptQueue, server } = line;
    if (!server?.closed || acceptQueue === undefined || server.reopened) return [];
    // Only a user that may see the processes knows whether one ended with the listener.
    if (!Object.values(server.holders).some(({ state }) => !isGone(state))) return [];
    // The process ended with it: that took the connections.
    if (ends.some((one) => at >= one.from - WITH_THE_END_MS && at <= one.to + 2 * WITH_THE_END_MS)) return [];
    const from = series[index - 1]?.at ?? at;
    const goneBy = series[index + 1]?.at ?? at;
    const thrown = thrownInPart(connections, { from, to: goneBy, queued: queuedBefore(series, index) });
    if (thrown.length === 0) return [];
    return [
      { from, goneBy, forMs: end - from, beside: true, users: usersAt(series, at), thrown, resetsAround: 0 },
    ];
  });
  return [...whole, ...inPart];
}

/** How many were in its queues at the last sample before this one, or have come since. */
function queuedBefore(series: readonly ObservedLine[], index: number): number {
  const { waiting = 0 } = series[index - 1]?.server ?? {};
  return waiting + (series[index]?.server?.came?.length ?? 0);
}

/**
 * The connections that went with one of several listeners. With one queue for each listener nobody sees which were accepted. But as a
 * listener closes, the kernel throws out all that wait (net/ipv4/inet_connection_sock.c inet_csk_listen_stop) and wipes them, which it
 * does otherwise only for SO_LINGER of 0 s. As many of those as had waited are known to be these.
 */
function thrownInPart(
  connections: ConnectionFacts | undefined,
  { from, to, queued }: { from: number; to: number; queued: number },
): ServerEnd[] {
  const near = (connections?.ends ?? []).filter(
    ({ at }) => at >= from - WITH_THE_END_MS && at <= to + WITH_THE_END_MS,
  );
  const sure = near.filter(({ fate }) => fate === 'never accepted');
  const wiped = near.filter(({ fate, line }) => WIPED.has(fate) && wasWiped(line));
  return [...sure, ...wiped.slice(0, Math.max(0, queued - sure.length))];
}

const WIPED: ReadonlySet<Fate> = new Set<Fate>(['reset', 'reset or left']);
/** net/ipv4/tcp.c tcp_disconnect. */
const WIPED_BY: ReadonlySet<string> = new Set(['TCP_STATE', 'TCP_DISCONNECT_WITH_DATA']);

/** The server's own side cut it, by the kernel's reason for that where there is one, and nobody knows that it was accepted. */
function wasWiped({ accepted, reset, reason, received }: ConnectionLine): boolean {
  if (accepted !== undefined || reset?.is !== 'server' || received !== undefined) return false;
  return reason === undefined || WIPED_BY.has(reason.is);
}

const isGone = (state: string | undefined) => state === 'gone' || state === 'Z';

/** A process that was there before lived on to the end. */
function livedOn(series: readonly ObservedLine[], from: number, to: number): boolean {
  const before = series.findLast(({ at }) => at <= from) ?? series[0];
  const after = series.findLast(({ at }) => at <= to);
  const alive = Object.entries(before?.server?.holders ?? {}).filter(([, { state }]) => !isGone(state));
  return alive.some(([pid]) => {
    const state = after?.server?.holders[pid]?.state;
    return state !== undefined && !isGone(state);
  });
}

function usersAt(series: readonly ObservedLine[], at: number): number {
  return (
    series.find((line) => line.at >= at && line.server?.connections !== undefined)?.server?.connections ?? 0
  );
}

function growthOf(series: readonly ObservedLine[], name: string, from: number, to: number): number {
  const all = totals(series, name);
  const at = (time: number) => all[series.findLastIndex((line) => line.at <= time)] ?? 0;
  return Math.max(0, at(to) - at(from));
}

/**
 * Connects to its port that were refused in that time, as traced; undefined: not known, or they may have been for another server. By the
 * clients' ports: a late packet of a connection that is over is answered with RST as well, but was no connect.
 */
export function refusedWithin({ refusals, ledger }: Evidence, from: number, to: number): number | undefined {
  if (refusals === undefined) return didTell(ledger, 'tracefs') ? 0 : undefined;
  let connects = 0;
  const within = refusals.filter(({ at }) => at >= from - WITH_THE_END_MS && at <= to + WITH_THE_END_MS);
  if (within.length === 0) return 0;
  if (within.some(({ shared }) => shared)) return undefined;
  const known = new Set<number>();
  const over = ({ closed, at }: ConnectionLine) => (closed?.is ?? at) >= from - AGAIN_MS;
  for (const line of connectionsOf(ledger)) if (over(line)) known.add(clientPortOf(line) ?? 0);
  for (const { ports: told } of within) for (const port of told) if (!known.has(port)) connects += 1;
  return connects;
}

/** After this time the port of an ended connection belongs to another one, ms. */
const AGAIN_MS = 60_000;
