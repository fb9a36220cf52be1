import type { Evidence } from '../evidence/evidence.ts';
import { countWhile } from './numbers.ts';
import { waitingOf } from './server-counts.ts';
import { movedOn, openTimes, securedTimes } from './user-groups.ts';

/** A shorter stall keeps nobody waiting long enough to be cut for it, ms. If lower, every turn of a busy loop is a stall. */
const SHORTEST_MS = 100;

/** A time in which the gateway's event loop was blocked. */
export interface Stall {
  /** When it was over, within one sample, ms since the epoch. */
  at: number;
  ms: number;
  /** Bets received and users that became open in that time; undefined: not reported. */
  bets?: number;
  upgrades?: number;
  /** The longest part of it without either. */
  blockMs?: number;
}

/** Two stalls with a shorter gap are one, over several turns of the loop, ms. If longer, a busy loop counts as standing still. */
const APART_MS = 100;

/** The stalls in their order: the longest of each of the gateway's samples; those without a pause between them count as one. */
export function stallsOf(evidence: Evidence): Stall[] {
  const { gateway, observer } = evidence;
  if (observer.before?.server) return seenStalls(evidence);
  const stalls: Stall[] = [];
  for (const { at, loop, longest } of gateway.samples) {
    if (loop.max < SHORTEST_MS) continue;
    const stall: Stall = { at, ms: loop.max, ...longest };
    const before = stalls.at(-1);
    if (before && at - loop.max - before.at <= APART_MS) stalls[stalls.length - 1] = joined(before, stall);
    else stalls.push(stall);
  }
  return stalls;
}

/**
 * This part of the time at work, or ready without a processor, counts as all of it, since the kernel's clock ticks coarsely. If lower, a
 * server that is only busy is said to stand still.
 */
const ALL = 0.8;
/**
 * For a server whose turns of the loop are not seen, a shorter block is ordinary work, ms. If longer, a stall that timed users out is
 * missed.
 */
const SHORTEST_SEEN_MS = 500;

/**
 * For a server that is not ours: its first thread was at work without a pause, and no user became open in that time, nor had its TLS
 * handshake behind it. With several threads, or short turns of a loop, some user would.
 */
function seenStalls({ observer, fleet }: Evidence): Stall[] {
  const opened = movedOn(securedTimes(fleet.users), openTimes(fleet.users));
  const accepts = acceptedAt({ observer, fleet });
  const points = observer.series.flatMap(({ at, wantedMs }) =>
    wantedMs === undefined ? [] : { at, wantedMs },
  );
  const stalls: Stall[] = [];
  let from: { at: number; wantedMs: number } | undefined;
  let next = 0;
  for (const [index, now] of points.entries()) {
    const before = points[index - 1];
    while (next < opened.length && (opened[next] as number) <= (before?.at ?? 0)) next += 1;
    const letIn = (next < opened.length && (opened[next] as number) <= now.at) || accepts.has(now.at);
    from ??= before;
    // Over the whole time: the work of a thread since the last tick of the kernel's clock is not counted yet.
    if (from === undefined || letIn || now.wantedMs - from.wantedMs < ALL * (now.at - from.at)) {
      from = undefined;
      continue;
    }
    const ms = now.at - from.at;
    if (ms < SHORTEST_SEEN_MS) continue;
    const stall = { at: now.at, ms, blockMs: ms };
    if (stalls.at(-1)?.at === before?.at) stalls[stalls.length - 1] = stall;
    else stalls.push(stall);
  }
  return stalls;
}

/**
 * The samples up to which accept(2) has taken somebody, with users over TLS. A loop that turns may be busy for long with the handshakes of
 * users who have left, and then nobody becomes open; but it takes others out of its queue, most of whom have left as well.
 */
function acceptedAt({ observer, fleet }: Pick<Evidence, 'observer' | 'fleet'>): Set<number> {
  const accepted = new Set<number>();
  if (!fleet.users.some(({ securedMs }) => securedMs !== undefined)) return accepted;
  for (const [index, line] of observer.series.entries()) {
    const before = observer.series[index - 1];
    const fell = before !== undefined && waitingOf(line) < waitingOf(before);
    if (fell || line.server?.taken !== undefined) accepted.add(line.at);
  }
  return accepted;
}

/** The stalls between two moments, ms since the epoch, in the order of their ends. */
export function stallsWithin(stalls: readonly Stall[], from: number, to: number): Stall[] {
  return stalls.slice(countWhile(stalls, ({ at }) => at < from)).filter(({ at, ms }) => at - ms <= to);
}

function joined(first: Stall, then: Stall): Stall {
  const { at } = then;
  const ms = first.ms + then.ms;
  if (first.bets === undefined || then.bets === undefined) return { at, ms };
  return {
    at,
    ms,
    bets: first.bets + then.bets,
    upgrades: (first.upgrades ?? 0) + (then.upgrades ?? 0),
    blockMs: Math.max(first.blockMs ?? 0, then.blockMs ?? 0),
  };
}
