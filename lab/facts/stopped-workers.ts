import { defined } from '../../common/defined.ts';
import type { Sender } from '../../protocol/process-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { holdersOf } from './part-ends.ts';

/** A process of a server that was stopped (state T of /proc/PID/stat: SIGSTOP, a debugger), and served nobody in that time. */
export interface StoppedWorker {
  pid: number;
  name?: string;
  /** From its first such sample to the last, ms since the epoch, and for how long in total, ms. */
  from: number;
  to: number;
  ms: number;
  /** Who sent SIGSTOP; absent: not known. */
  by?: Sender;
}

/**
 * If shorter, attaching a tracer for a moment counts as a stop. If longer, users that time out after half a second are not explained. Ms.
 */
const LEAST_MS = 400;

/** Processes that were stopped for long enough to matter, up to `until`, ms. */
export function stoppedWorkers(evidence: Evidence, until: number): StoppedWorker[] {
  const { observer, processes = [] } = evidence;
  const found = new Map<string, StoppedWorker>();
  const names = new Map(holdersOf(evidence).map(({ pid, name }) => [pid, name]));
  for (const [index, line] of observer.series.entries()) {
    if (line.at > until) break;
    const next = observer.series[index + 1]?.at ?? line.at;
    for (const [pid, { state }] of Object.entries(line.server?.holders ?? {})) {
      if (state !== 'T') continue;
      const known = found.get(pid) ?? {
        pid: Number(pid),
        ...defined({ name: names.get(Number(pid)) }),
        from: line.at,
        to: line.at,
        ms: 0,
      };
      known.to = next;
      known.ms += next - line.at;
      found.set(pid, known);
    }
  }
  return [...found.values()]
    .filter(({ ms }) => ms >= LEAST_MS)
    .map((one) => {
      const stop = processes.findLast(
        (line) =>
          line.pid === one.pid && line.what === 'signal' && line.signal === 'SIGSTOP' && line.at <= one.to,
      );
      return { ...one, ...defined({ by: stop?.what === 'signal' ? stop.by : undefined }) };
    });
}
