import { existsSync } from 'node:fs';
import { Debug } from '../../common/debug.ts';
import { UsageError } from '../../common/errors.ts';
import { unlessAborted } from '../../common/waiting.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { endedMeanwhile } from '../evidence/linux/locate.ts';
import type { Place, Wanted } from '../evidence/server-place.ts';
import { unlessEnded } from '../run/part-end.ts';
import { endedEarly } from '../runtimes/fault.ts';
import { endPart } from '../runtimes/processes.ts';
import type { Ending, Part } from '../runtimes/runtime.ts';
import { watcherSpec } from './server-evidence.ts';
import { startBeside } from './start-beside.ts';

const debug = new Debug('watcher');

interface Watching {
  wanted: Wanted;
  /** Samples are this far apart, ms. */
  everyMs: number;
  /** On everything that belongs to it. */
  label: string;
  signal: AbortSignal;
  /** Who asks, for the line of an error. */
  verb: string;
  onLine?: (line: ObserverLine) => void;
}

/**
 * Starts a watcher beside a server. Resolves with its first sample, filed under the evidence like all others.
 * @throws {UsageError} when there is no such server
 * @throws {CannotRunError} when it may not be looked at
 * @throws the reason of an abort that comes before
 */
export async function startWatcher(
  place: Place,
  evidence: Evidence,
  { wanted, everyMs, label, signal, verb, onLine }: Watching,
): Promise<Part> {
  const begun = Promise.withResolvers<void>();
  const part = await startBeside(
    place,
    watcherSpec(
      evidence,
      { ...wanted, netDir: place.netDir, ownOnly: place.container !== undefined, everyMs },
      // From its first sample on: a server that ends before that would have been seen by nobody.
      (line) => {
        if (line.event === 'observed') begun.resolve();
        onLine?.(line);
      },
    ),
    label,
    signal,
  );
  try {
    const found = unlessEnded(part, begun.promise, (ending) => refusal(ending, wanted, verb));
    await debug.wait('the watcher to find the server', unlessAborted(found, signal));
  } catch (error) {
    await endPart(part);
    throw error;
  }
  return part;
}

/** What the watcher said when it found no server, in its own words. */
function refusal(ending: Ending, { pid, container }: Wanted, verb: string): Error {
  const line = firstLine(ending);
  // nsenter found nothing to enter.
  if (pid !== undefined && !existsSync(`/proc/${pid}`)) return endedMeanwhile(`--pid ${pid}`);
  const said = container === undefined ? line : `--container ${container}: ${line}`;
  return ending.code === 2 ? new UsageError(said) : endedEarly('watcher', ending, `${verb}: ${said}`);
}

/** What a part said that ended early. */
export function firstLine({ output }: Pick<Ending, 'output'>): string {
  return output.split('\n')[0] || 'it ended without a message';
}
