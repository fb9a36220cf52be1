import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { UpstreamSample } from '../../protocol/upstream-events.ts';

/** A time in which a server had no local port left towards a remote end, or the accept queue of an upstream was full. */
export interface Full {
  kind: 'port' | 'tcp' | 'unix';
  /** The remote end; of a UNIX socket its path. */
  name: string;
  /** From the sample before to the sample after, ms since the epoch. */
  from: number;
  to: number;
  /** The most ports in use, or connections waiting, and how many there can be. */
  peak: number;
  limit: number;
}

/**
 * Sockets are read one after another while others come and go, and the kernel does not show a port that a process has without listening.
 * So this part may seem left where none is. If higher, a busy proxy is said to have none.
 */
const FEW_LEFT = 0.01;

/** What one sample shows of one upstream. */
interface Seen {
  name: string;
  kind: Full['kind'];
  full: boolean;
  peak: number;
  limit: number;
}

/** When the server had no local port left towards one of its upstreams. */
export function portlessTimes(series: readonly ObservedLine[]): Full[] {
  return timesOf(series, ({ ends }) =>
    ends.flatMap(({ remote, width, free }) =>
      width === undefined || free === undefined
        ? []
        : [
            {
              name: remote,
              kind: 'port' as const,
              full: free <= FEW_LEFT * width,
              peak: width - free,
              limit: width,
            },
          ],
    ),
  );
}

/** When the accept queues of its upstreams were full, as read, or by their drops between two samples. */
export function fullQueues(series: readonly ObservedLine[]): Full[] {
  const dropped = new Map<string, number>();
  return timesOf(series, ({ queues }) =>
    queues.map(({ name, kind, waiting, backlog, drops }) => {
      const before = dropped.get(name);
      if (drops !== undefined) dropped.set(name, drops);
      const more = drops !== undefined && before !== undefined && drops > before;
      return {
        name,
        kind,
        full: waiting > backlog || (more && waiting >= backlog),
        peak: waiting,
        limit: backlog,
      };
    }),
  );
}

/** Two consecutive samples in which it is full are one time. */
function timesOf(series: readonly ObservedLine[], see: (sample: UpstreamSample) => Seen[]): Full[] {
  const times: Full[] = [];
  const now = new Map<string, Full>();
  // The output of `ss` comes with the next sample.
  let [before, last] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { at, server } of series) {
    if (server?.upstream === undefined) continue;
    for (const { name, kind, full, peak, limit } of see(server.upstream)) {
      const key = `${kind} ${name}`;
      const known = now.get(key);
      if (known) known.to = at;
      if (!full) now.delete(key);
      else if (known) known.peak = Math.max(known.peak, peak);
      else {
        const begun: Full = { kind, name, from: before, to: at, peak, limit };
        now.set(key, begun);
        times.push(begun);
      }
    }
    [before, last] = [last, at];
  }
  // The watch was over before the sample after.
  for (const one of now.values()) one.to = Number.POSITIVE_INFINITY;
  return times;
}
