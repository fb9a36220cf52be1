import { Debug } from '../../common/debug.ts';
import { defined } from '../../common/defined.ts';
import { CannotRunError } from '../../common/errors.ts';
import { unlessAborted, within } from '../../common/waiting.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { EndOfContainer, fileContainerEnd } from '../beside/container-end.ts';
import { loadServer } from '../beside/load-server.ts';
import { isOver } from '../beside/pick-worker.ts';
import { type NamedServer, probeServer } from '../beside/probe-server.ts';
import { serverEvidence } from '../beside/server-evidence.ts';
import { startWatcher } from '../beside/start-watcher.ts';
import { fileLabLine } from '../evidence/collect.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { endJoining } from '../evidence/ledger/join.ts';
import { watchForLoss } from '../evidence/lost.ts';
import { type Place, placeOf, type Wanted } from '../evidence/server-place.ts';
import { traceServer } from '../evidence/trace-beside.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Part } from '../runtimes/runtime.ts';
import type { Load } from '../target/server-load.ts';
import { shownUrl } from '../target/target-url.ts';
import type { DiagnosisDocument } from './diagnosis-document.ts';
import { DiagnosisFolder } from './diagnosis-folder.ts';
import { conclude } from './judge-watch.ts';
import { logPlaces } from './log-place.ts';

const debug = new Debug('diagnose');

export interface DiagnoseOptions {
  wanted: Wanted;
  /** How its users call it; absent: nobody said. */
  named?: NamedServer;
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
/**
 * Watches a server that is not ours and judges what it saw. Nothing of the server or its settings is changed; what is started
 * beside it: see startBeside.
 * @throws {UsageError} when there is no such server
 * @throws {CannotRunError} when it may not be looked at, or robots not be brought there
 * @throws the reason of an abort that comes before it is watched: there is nothing to tell yet
 */
export async function diagnose(options: DiagnoseOptions): Promise<DiagnosisDocument> {
  const { wanted, named, load } = options;
  const place = await unlessAborted(placeOf(wanted), options.signal);
  if (named) place.url = shownUrl(named.url);
  if (load && place.netDir)
    throw new CannotRunError(
      `--load: the server is in another network namespace, which this user may not enter; run as root, or bring your own load without --load`,
    );
  const evidence = serverEvidence(place.container ? 'docker' : 'native', load);
  const folder = new DiagnosisFolder(evidence);
  const label = newLabel();
  const cost = load && named && (await probeServer(place, named, load, { label, signal: options.signal }));
  if (cost) fileLabLine(evidence, { event: 'user-cost', at: Date.now(), ...cost });
  using ending = new EndOfContainer(place);
  const watcher = await startWatcher(place, evidence, {
    wanted,
    everyMs: load ? EVERY_MS.ours : EVERY_MS.theirs,
    label,
    signal: options.signal,
    verb: 'diagnose',
  });
  const watching = watchForLoss(watcher, evidence);
  await using tracer = await traceServer(evidence, label);
  try {
    place.logs = logPlaces(evidence.observer.before?.server?.holders ?? [], place.container?.name);
    folder.make(place, options);
    if (evidence.observer.before) options.onWatching?.(evidence.observer.before, place);
    if (load)
      await loadServer(place, load, evidence, { label, ...options, ...defined({ address: named?.address }) });
    else await wait(options, evidence, watcher);
  } finally {
    await tracer.stop();
    await watching.end();
    endJoining(evidence.ledger);
    const end = await ending.seen(evidence.observer.lost !== undefined);
    if (end) fileContainerEnd(evidence, end);
    folder.end();
  }
  const document = conclude(place, evidence, folder.path);
  folder.write(document, options.page?.(document, evidence));
  return document;
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
