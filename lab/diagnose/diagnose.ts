import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { Debug } from '../../common/debug.ts';
import { defined } from '../../common/defined.ts';
import { rampMs } from '../../common/duration.ts';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { unlessAborted, within } from '../../common/waiting.ts';
import type { FleetLine, ProgressLine } from '../../protocol/fleet-events.ts';
import { fileFleetLine, fileLabLine } from '../evidence/collect.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { endJoining } from '../evidence/ledger/join.ts';
import { endedMeanwhile } from '../evidence/linux/locate.ts';
import { watchForLoss } from '../evidence/lost.ts';
import { type Place, placeOf, type Wanted } from '../evidence/server-place.ts';
import { traceServer } from '../evidence/trace-beside.ts';
import { endOfLoad, unlessEnded } from '../run/part-end.ts';
import { endedEarly } from '../runtimes/fault.ts';
import { newLabel } from '../runtimes/label.ts';
import { endPart } from '../runtimes/processes.ts';
import type { Ending, Part } from '../runtimes/runtime.ts';
import { hostOf, type Load, loadEnvironment } from '../target/server-load.ts';
import type { DiagnosisDocument } from './diagnosis-document.ts';
import { DiagnosisFolder } from './diagnosis-folder.ts';
import { conclude } from './judge-watch.ts';
import { letOneGoOnce } from './let-one-go.ts';
import { logPlaces } from './log-place.ts';
import { isOver, overIn } from './pick-worker.ts';
import { serverEvidence, watcherSpec } from './server-evidence.ts';
import { type ContainerEnd, EndOfContainer, startBeside } from './start-beside.ts';

const debug = new Debug('diagnose');

export interface DiagnoseOptions {
  wanted: Wanted;
  /** How long to watch somebody else's load, ms; absent: until `signal`. */
  forMs?: number;
  /** Bring robots of our own instead, and end with them. */
  load?: Load;
  signal: AbortSignal;
  /** Called when the server has been found, and is watched. */
  onWatching?: (server: NonNullable<Evidence['observer']['before']>, place: Place) => void;
  onProgress?: (line: ProgressLine) => void;
  /** Where its folder goes, which is made once the server is watched; null: nothing is written. */
  runs: string | null;
  /** Called with what was thrown where no folder can be made; throws it on, or the diagnosis goes on without. */
  onNoFolder(error: unknown): void;
  /** The page for the folder. */
  page?: (document: DiagnosisDocument, evidence: Evidence) => string;
}

/** Samples are this far apart, ms: beside a load of hours there are many. */
const EVERY_MS = { ours: 50, theirs: 100 };
/**
 * A server that has ended is watched for so much longer, ms: a supervisor may start it again, and its clients be refused meanwhile.
 * Shorter, and a restart is taken for the end; longer, and who waits for the diagnosis of an end waits for nothing.
 */
const AFTER_ITS_END_MS = 8000;
/** The engine may take so long to hear that a container has ended, ms. */
const ENGINE_MS = 2000;
/** A fleet ends by itself; what a busy machine may need beyond its own times, ms. */
const PATIENCE_MS = 60_000;

/**
 * Watches a server that is not ours and judges what it saw. Nothing of the server or its settings is changed; what is started
 * beside it: see startBeside.
 * @throws {UsageError} when there is no such server
 * @throws {CannotRunError} when it may not be looked at, or robots not be brought there
 * @throws the reason of an abort that comes before it is watched: there is nothing to tell yet
 */
export async function diagnose(options: DiagnoseOptions): Promise<DiagnosisDocument> {
  const { wanted, load } = options;
  const place = await unlessAborted(placeOf(wanted), options.signal);
  if (load && place.netDir)
    throw new CannotRunError(
      `--load: the server is in another network namespace, which this user may not enter; run as root, or bring your own load without --load`,
    );
  const evidence = serverEvidence(place.container ? 'docker' : 'native', load);
  const folder = new DiagnosisFolder(evidence);
  const label = newLabel();
  using ending = new EndOfContainer(place);
  const watcher = await startWatcher(place, options, evidence, label);
  const watching = watchForLoss(watcher, evidence);
  await using tracer = await traceServer(evidence, label);
  try {
    place.logs = logPlaces(evidence.observer.before?.server?.holders ?? [], place.container?.name);
    folder.make(place, options);
    if (evidence.observer.before) options.onWatching?.(evidence.observer.before, place);
    if (load) await runLoad(place, load, options, evidence, label);
    else await wait(options, evidence, watcher);
  } finally {
    await tracer.stop();
    await watching.end();
    endJoining(evidence.ledger);
    const end = await ending.seen(evidence.observer.lost ? ENGINE_MS : 0);
    if (end) addEnd(evidence, end);
    folder.end();
  }
  const document = conclude(place, evidence, folder.path);
  folder.write(document, options.page?.(document, evidence));
  return document;
}

async function startWatcher(
  place: Place,
  { wanted, load, signal }: DiagnoseOptions,
  evidence: Evidence,
  label: string,
): Promise<Part> {
  const begun = Promise.withResolvers<void>();
  const part = await startBeside(
    place,
    watcherSpec(
      evidence,
      {
        ...wanted,
        netDir: place.netDir,
        ownOnly: place.container !== undefined,
        everyMs: load ? EVERY_MS.ours : EVERY_MS.theirs,
      },
      // From its first sample on: a server that ends before that would have been seen by nobody.
      ({ event }) => {
        if (event === 'observed') begun.resolve();
      },
    ),
    label,
    signal,
  );
  try {
    const found = unlessEnded(part, begun.promise, (ending) => refusal(ending, wanted));
    await debug.wait('the watcher to find the server', unlessAborted(found, signal));
  } catch (error) {
    await endPart(part);
    throw error;
  }
  return part;
}

/** What the watcher said when it found no server, in its own words. */
function refusal(ending: Ending, { pid, container }: Wanted): Error {
  const line = firstLine(ending);
  // nsenter found nothing to enter.
  if (pid !== undefined && !existsSync(`/proc/${pid}`)) return endedMeanwhile(`--pid ${pid}`);
  const said = container === undefined ? line : `--container ${container}: ${line}`;
  return ending.code === 2 ? new UsageError(said) : endedEarly('watcher', ending, `diagnose: ${said}`);
}

function firstLine({ output }: Ending): string {
  return output.split('\n')[0] || 'it ended without a message';
}

async function wait({ forMs, signal }: DiagnoseOptions, evidence: Evidence, watcher: Part): Promise<void> {
  const over = Promise.withResolvers<void>();
  // In its pid namespace the watcher ends with it.
  watcher.ended.then(() => over.resolve());
  let goneAt: number | undefined;
  let resets = 0;
  const looking = setInterval(() => {
    const last = evidence.observer.series.at(-1);
    const gone = last !== undefined && isOver(last);
    goneAt = gone ? (goneAt ?? Date.now()) : undefined;
    // Somebody is refused still: as long as was asked for, another may come for them, as a supervisor does that lets some time pass.
    const refused = (last?.deltas['Tcp OutRsts'] ?? 0) > resets;
    resets = Math.max(resets, last?.deltas['Tcp OutRsts'] ?? 0);
    if (goneAt !== undefined && refused && forMs !== undefined) goneAt = Date.now();
    if (goneAt !== undefined && Date.now() - goneAt >= AFTER_ITS_END_MS) over.resolve();
  }, EVERY_MS.theirs);
  const ended =
    forMs === undefined
      ? unlessAborted(over.promise, signal)
      : within(forMs, over.promise, new Error('the time is over'), signal);
  await debug.wait(
    'the end of the watch: the time given, Ctrl-C, or the end of the server',
    ended.catch(() => {}),
    forMs,
  );
  clearInterval(looking);
}

async function runLoad(
  place: Place,
  load: Load,
  { signal, onProgress }: DiagnoseOptions,
  evidence: Evidence,
  label: string,
): Promise<void> {
  const server = evidence.observer.before?.server ?? { addresses: [], port: 0 };
  const part = await startBeside(
    place,
    {
      role: 'robots',
      module: 'robots/main.ts',
      env: loadEnvironment(load, hostOf(server), server.port),
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

/** The watcher in its pid namespace died with it: then the engine knows how it ended. */
function addEnd(evidence: Evidence, { code, oomKilled }: ContainerEnd): void {
  const { series } = evidence.observer;
  const over = overIn(series) ?? series.at(-1);
  // As shells and the engine have it.
  const number = code > 128 ? code - 128 : 0;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  fileLabLine(evidence, {
    event: 'gateway-exit',
    at: over?.at ?? Date.now(),
    code: signal ? null : code,
    signal: signal ?? null,
    ...defined({ oomKills: oomKilled === undefined ? undefined : Number(oomKilled) }),
    output: '',
  });
}
