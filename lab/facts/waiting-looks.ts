import { defined } from '../../common/defined.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import { countWhile } from './numbers.ts';

/** Which connections waited and which were served in one sample. */
export interface WaitingLook {
  at: number;
  /** Complete, but not accepted. */
  queue: number;
  /** The same, with those whose clients have left: the kernel keeps their places until accept(2). */
  places: number;
  /** Accepted, with data unread. */
  unread: number;
  /** Accepted. */
  held: number;
  /** Their clients have left, but the server has not closed them. */
  unreleased: number;
  /** Since the sample before: accepted, read after a long wait, and how many of the accepted ones have left. */
  taken: number;
  /**
   * How many more places of the queue are free since the sample before than those account for: connections whose client had left were
   * accepted as well; at least.
   */
  cleared: number;
  readLate: number;
  left: number;
  /** Connections that the server has closed, whose clients may have left before. */
  released: number;
  /** One of its processes is stopped (state T). */
  stopped: boolean;
  /** The number of threads of all its processes. */
  threads?: number;
}

/** One for each sample in which the connections were counted. */
export function looksOf(series: readonly ObservedLine[]): WaitingLook[] {
  const looks: WaitingLook[] = [];
  for (const { at, server } of series) {
    const {
      connections,
      held,
      taken = [],
      unread = 0,
      unreleased = 0,
      readLate = 0,
      holders = {},
    } = server ?? {};
    if (connections === undefined || held === undefined) continue;
    const before = looks.at(-1);
    const places = Math.max(connections - held, server?.waiting ?? 0);
    const left = before === undefined ? 0 : Math.max(0, before.held + taken.length - held);
    const released = before && before.held + before.unreleased + taken.length - held - unreleased;
    const states = Object.values(holders);
    const counted = states.flatMap(({ threads }) => threads ?? []);
    looks.push({
      at,
      queue: connections - held,
      places,
      unread,
      held,
      unreleased,
      taken: taken.length,
      cleared: Math.max(0, (before?.places ?? 0) - places - taken.length),
      readLate,
      left,
      released: Math.max(0, released ?? 0),
      stopped: states.some(({ state }) => state === 'T'),
      ...defined({ threads: counted.length > 0 ? counted.reduce((sum, one) => sum + one, 0) : undefined }),
    });
  }
  return looks;
}

/** The clients' ports of connections whose data stayed unread for long. */
export function starvedPorts(series: readonly ObservedLine[]): Set<number> {
  return new Set(series.flatMap(({ server }) => server?.starved ?? []));
}

/** Unread data, and whether the threads that would read it were at work. */
export interface UnreadFacts {
  /** The part of the samples between two moments in which a connection waited, in the queue or unread; undefined: no sample. */
  part(from: number, to: number): number | undefined;
  /** The part of that time in which the threads that would read were at work; undefined: not known. */
  busy(from: number, to: number): number | undefined;
}

export function unreadFacts(series: readonly ObservedLine[]): UnreadFacts {
  const looks = looksOf(series);
  const waited: number[] = [0];
  for (const { queue, unread } of looks)
    waited.push((waited.at(-1) as number) + (queue + unread > 0 ? 1 : 0));
  const readers = series.flatMap(({ at, server }) => (server?.readers ? { at, ...server.readers } : []));
  return {
    part(from, to) {
      const [first, end] = [
        countWhile(looks, ({ at }) => at < from),
        countWhile(looks, ({ at }) => at <= to),
      ];
      if (end <= first) return undefined;
      return ((waited[end] as number) - (waited[first] as number)) / (end - first);
    },
    busy(from, to) {
      const start = readers[Math.max(0, countWhile(readers, ({ at }) => at <= from) - 1)];
      const end =
        readers[
          Math.min(
            readers.length - 1,
            countWhile(readers, ({ at }) => at < to),
          )
        ];
      if (start === undefined || end === undefined || end.ofMs <= start.ofMs) return undefined;
      return (end.busyMs - start.busyMs) / (end.ofMs - start.ofMs);
    },
  };
}
