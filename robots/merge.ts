import type { FleetDoneLine, OwnSelf, ProgressLine } from '../protocol/fleet-events.ts';
import { outOfPorts } from './bottlenecks.ts';
import type { Shard } from './shard.ts';

/** A part of a load, in what is known of it so far. */
export type Told = Pick<Shard, 'asked' | 'loadAt' | 'progress' | 'done'>;

/** The progress of all shards; `own` is the process that started them, whose memory and CPU count too. */
export function mergeProgress(shards: readonly Told[], own: OwnSelf): ProgressLine {
  const lines = shards.flatMap(({ progress }) => progress ?? []);
  return {
    event: 'progress',
    at: Date.now(),
    asked: sum(shards, ({ asked }) => asked),
    started: sum(lines, ({ started }) => started),
    open: sum(lines, ({ open }) => open),
    failed: sum(lines, ({ failed }) => failed),
    bets: {
      placed: sum(lines, ({ bets }) => bets.placed),
      acked: sum(lines, ({ bets }) => bets.acked),
    },
    self: mergeSelf(
      lines.map(({ self }) => self as OwnSelf),
      own,
    ),
  };
}

/** The last line of all shards. The users of a shard that is gone without one have failed. */
export function mergeDone(shards: readonly Told[], own: OwnSelf): FleetDoneLine {
  const lines = shards.flatMap(({ done }) => done ?? []);
  const asked = sum(shards, (shard) => shard.asked);
  const open = sum(lines, (line) => line.open);
  const starts = shards.flatMap(({ loadAt }) => loadAt ?? []);
  const ends = shards.flatMap(({ loadAt, done }) => (loadAt && done ? loadAt + done.settledMs : []));
  const settledMs = ends.length > 0 ? Math.max(...ends) - Math.min(...starts) : 0;
  return {
    event: 'done',
    at: Date.now(),
    asked,
    open,
    failed: asked - open,
    bets: {
      placed: sum(lines, ({ bets }) => bets.placed),
      acked: sum(lines, ({ bets }) => bets.acked),
      rejected: sum(lines, ({ bets }) => bets.rejected),
    },
    settledMs: Math.round(settledMs * 10) / 10,
    self: mergeSelf(
      lines.map(({ self }) => self as OwnSelf),
      own,
    ),
    ...(lines.some(({ interrupted }) => interrupted) && { interrupted: true }),
    bottlenecks: mergeBottlenecks(lines, own),
  };
}

/** Descriptors and loop are those of the processes that hold users. */
function mergeSelf(selves: OwnSelf[], own: OwnSelf): OwnSelf {
  const worst = (of: (loop: OwnSelf['loop']) => number) => Math.max(0, ...selves.map(({ loop }) => of(loop)));
  return {
    processes: selves.length,
    nofile: sum(selves, ({ nofile }) => nofile),
    room: sum(selves, ({ room }) => room),
    descriptors: sum(selves, ({ descriptors }) => descriptors),
    ports: own.ports,
    sysctls: own.sysctls,
    loop: { p50: worst(({ p50 }) => p50), p99: worst(({ p99 }) => p99), max: worst(({ max }) => max) },
    rss: own.rss + sum(selves, ({ rss }) => rss),
    cpuMicros: own.cpuMicros + sum(selves, ({ cpuMicros }) => cpuMicros),
  };
}

function mergeBottlenecks(lines: FleetDoneLine[], { ports }: OwnSelf): FleetDoneLine['bottlenecks'] {
  const merged = new Map<string, FleetDoneLine['bottlenecks'][number]>();
  for (const bottleneck of lines.flatMap((line) => line.bottlenecks)) {
    const known = merged.get(bottleneck.what);
    const says = bottleneck.what === 'ports' ? outOfPorts(ports) : bottleneck.says;
    if (known === undefined) merged.set(bottleneck.what, { ...bottleneck, says });
    else known.users += bottleneck.users;
  }
  return [...merged.values()];
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
