import { Debug } from '../../common/debug.ts';
import { rampMs } from '../../common/duration.ts';
import type { FleetLine, ProgressLine } from '../../protocol/fleet-events.ts';
import { FLEET } from '../drivers/robots-driver.ts';
import { fileFleetLine } from '../evidence/collect.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import { endOfLoad } from '../run/part-end.ts';
import { endedEarly } from '../runtimes/fault.ts';
import { hostOf, type Load, loadEnvironment } from '../target/server-load.ts';
import { letOneGoOnce } from './let-one-go.ts';
import { startBeside } from './start-beside.ts';
import { firstLine } from './start-watcher.ts';

const debug = new Debug('load');

/** A fleet ends by itself; what a busy machine may need beyond its own times, ms. */
const PATIENCE_MS = 60_000;

interface Loading {
  /** On everything that belongs to it. */
  label: string;
  signal: AbortSignal;
  onProgress?: (line: ProgressLine) => void;
  /** Where the robots reach it; absent: where it listens. */
  address?: string;
  /** At which port; absent: at the one that is watched. */
  port?: number;
}

/**
 * Brings robots beside a server, and resolves when they have ended; an abort ends them early. What they tell is filed under
 * the evidence.
 * @throws {CannotRunError} when they cannot be brought there, or end without a result
 */
export async function loadServer(
  place: Place,
  load: Load,
  evidence: Evidence,
  { label, signal, onProgress, address, port }: Loading,
): Promise<void> {
  const server = evidence.observer.before?.server ?? { addresses: [], port: 0 };
  const part = await startBeside(
    place,
    {
      ...FLEET,
      env: loadEnvironment(load, address ?? hostOf(server), port ?? server.port),
      onLine(line) {
        const said = line as FleetLine;
        fileFleetLine(evidence, said);
        if (said.event === 'progress') onProgress?.(said);
      },
    },
    label,
    signal,
  );
  const stop = () => void part.signal('SIGTERM');
  using _ = letOneGoOnce(evidence.observer.series, () => void part.signal('SIGUSR2'));
  const boundMs = rampMs(load.ramp) + load.timeoutMs + load.holdMs + PATIENCE_MS;
  const ending = await debug.wait('the robots to end', endOfLoad(part, boundMs, stop, signal), boundMs);
  if (evidence.fleet.done === undefined && !signal.aborted)
    throw endedEarly('robots', ending, `robots: ${firstLine(ending)}`);
}
