import { defined } from '../../common/defined.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { type ConnectionFacts, failedEnds, type ServerEnd } from './connections.ts';
import { type HowEnded, kindOfEnd } from './how-ended.ts';
import { countWhile } from './numbers.ts';
import type { PartEnd } from './part-ends.ts';
import type { Outage } from './restarts.ts';
import { WITH_THE_END_MS } from './worker-ends.ts';

/** A server that went and came back: its listener was closed and opened again, or another process took the place of the one that served. */
export interface Turnover {
  /** Its listener has been another one since, or the same one, handed on. */
  listener: 'another' | 'the same';
  from: number;
  to?: number;
  /** The process that ended, and how; absent: it lived on, or was not seen. */
  ended?: PartEnd;
  how?: HowEnded;
  /** Connections that it cut. */
  cut: number;
  ends: ServerEnd[];
  /** Another cause ended it: a crash, a kill, memory. Then it only came back. */
  violent: boolean;
}

/** All of them that were seen, with or without cut connections. */
export function turnovers(
  { observer, gateway }: Evidence,
  outages: readonly Outage[],
  ended: readonly PartEnd[],
  connections: ConnectionFacts | undefined,
): Turnover[] {
  if (observer.before?.server === undefined || gateway.exit !== undefined) return [];
  const failed = connections ? failedEnds(connections) : [];
  const held = connections?.heldEnds ?? [];
  const found: Turnover[] = [];
  for (const { from, to, seenAt = from } of outages) {
    if (to === undefined) continue;
    const part = ended.find(
      (one) => one.at >= from - 2 * WITH_THE_END_MS && one.from <= to + WITH_THE_END_MS,
    );
    const [first, last] = [Math.min(from, part?.at ?? from) - WITH_THE_END_MS, seenAt + WITH_THE_END_MS];
    const ends = failed.filter(({ at }) => at >= first && at <= last);
    const heldNow = crowdIn(held, first, last);
    // Some of its open connections are among the failed ones: they count once.
    const all = [...new Set([...ends, ...(part?.ends ?? [])])];
    const cut = Math.max(all.length, part?.cut ?? heldNow);
    found.push({
      listener: 'another',
      from,
      to,
      ...defined({ ended: part, how: part?.how }),
      cut,
      ends: all,
      violent: isViolent(part?.how),
    });
  }
  for (const part of ended) {
    if (!part.replaced || found.some((one) => one.ended === part)) continue;
    const { at, how, cut, ends } = part;
    found.push({
      listener: 'the same',
      from: at,
      ...defined({ how }),
      ended: part,
      cut,
      ends,
      violent: isViolent(how),
    });
  }
  return found.sort((a, b) => a.from - b.from);
}

/** How many of these moments fall into a time, if they are a crowd there: more than usual in as long a time. */
function crowdIn(times: readonly number[], from: number, to: number): number {
  const between = (first: number, last: number) =>
    countWhile(times, (at) => at <= last) - countWhile(times, (at) => at < first);
  const now = between(from, to);
  const usual = (between(from - BEFORE_MS, from - 1) * (to - from)) / BEFORE_MS;
  return now >= SEVERAL && now > BEYOND * usual ? now : 0;
}

/** As for the ends of processes (part-ends.ts). */
const [SEVERAL, BEYOND, BEFORE_MS] = [2, 3, 5000];

/** A restart is on purpose: the process was told to end, or its parent ended it. A supervisor kills a process that does not end in time. */
function isViolent(how: HowEnded | undefined): boolean {
  const kind = kindOfEnd(how);
  if (kind === 'memory' || kind === 'crash') return true;
  return kind === 'killed' && !how?.byParent && !(how?.signal && WISHES.has(how.signal));
}

const WISHES = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP']);
