import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { unlessAborted } from '../../../common/waiting.ts';
import { holdersOf } from '../../beside/pick-worker.ts';
import { type NamedServer, probeServer } from '../../beside/probe-server.ts';
import { serverEvidence } from '../../beside/server-evidence.ts';
import { settingsOfServer, type TargetDocument, targetOf } from '../../beside/target-document.ts';
import { fileLabLine } from '../../evidence/collect.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { type Place, placeOf, type Wanted } from '../../evidence/server-place.ts';
import { newLabel } from '../../runtimes/label.ts';
import { keptLoad, type Load } from '../../target/server-load.ts';
import { shownUrl } from '../../target/target-url.ts';
import type { Pace } from '../search.ts';
import { FAILURE_TEXT, type Failure } from '../user-trial.ts';
import { serverPointOf } from './server-point.ts';
import { roomAtRest } from './server-prediction.ts';
import { ServerSearch } from './server-search.ts';
import type { ServerThresholdDocument } from './server-threshold-document.ts';
import { ServerThresholdFolder } from './server-threshold-folder.ts';
import { runServerTrial, runtimeOf, type ServerTrial, watchServer } from './server-trial.ts';
import { runUnwatchedTrial } from './unwatched-trial.ts';

export interface ServerThresholdOptions {
  wanted: Wanted;
  /** How its users call it; absent: nobody said. */
  named?: NamedServer;
  /** It is another machine's, and reached there. */
  elsewhere?: { address: string };
  /** What each user does; `users` is the largest number to try. */
  load: Load;
  /** No more users than this begin in a second; absent: as many as the robots can. */
  ratePerSecond?: number;
  failure: Failure;
  /** Where the run's folder goes; null: nothing is written. */
  runs: string | null;
  /** Called with what was thrown where no folder can be made; throws it on, or the search goes on without. */
  onNoFolder(error: unknown): void;
  signal: AbortSignal;
  /** Called once the server has been found. */
  onFound?: (target: TargetDocument, atRest: number) => void;
  onTrial?: (trial: ServerTrial) => void;
  /** The page for the folder. */
  page?: (document: ServerThresholdDocument) => string;
}

/** Somebody else's users must stand still for so long, ms, and are waited for up to `ms`. */
const STILL = { stillMs: 2000, ms: 10_000 };

/**
 * Searches the largest number of users that a server which is not ours serves without failure. The server is not restarted and nothing of it
 * is changed; each load begins when the one before has left no connection. Interrupted, or when the server ends, it gives what it has.
 * Of another machine's server only the users are seen.
 * @throws {UsageError} when there is no such server, or it is not spoken to as it wants
 * @throws {CannotRunError} when it may not be looked at, robots not be brought there, or others come and go at it
 * @throws the reason of an abort that comes before the server is found
 */
export async function searchServer(options: ServerThresholdOptions): Promise<ServerThresholdDocument> {
  const { load, failure, onFound } = options;
  const found = options.elsewhere ? await beElsewhere(options, options.elsewhere) : await beBeside(options);
  const { target, watched, atRest, evidence, run } = found;
  onFound?.(target, atRest);
  const { host, runtime } = evidence;
  const about = { runtime, driver: 'robots' as const };
  const folder = folderOf(options, { ...about, host, ...found.kept, load: keptLoad(load) });
  const search = new ServerSearch(
    options,
    (asked, pace) => run(asked, pace, () => folder.begin(serverEvidence(runtime, asked))),
    folder,
  );
  const { result, ended } = await search.run(roomAtRest(holdersOf(evidence)));
  const document: ServerThresholdDocument = {
    schema: 1,
    vary: null,
    complete: result !== undefined && ended === null,
    ended,
    host,
    ...about,
    target: { ...target, speaks: load.kind },
    watched,
    load: keptLoad(load),
    failure: FAILURE_TEXT[failure],
    atRest,
    points: [serverPointOf(search.trials, result, failure, settingsOfServer(evidence))],
    unseen: evidence.observer.before?.server?.unseen ?? [],
    path: folder.path,
  };
  folder.write(document, options.page?.(document));
  return document;
}

/** A server that was found, and how it is loaded. */
interface FoundServer {
  target: TargetDocument;
  watched: boolean;
  atRest: number;
  /** Before anybody of ours came. */
  evidence: Evidence;
  /** For the manifest. */
  kept: object;
  run(load: Load, pace: Pace, evidenceOf: () => Evidence): Promise<ServerTrial>;
}

/** On this machine, or in one of its containers: it is watched. */
async function beBeside(options: ServerThresholdOptions): Promise<FoundServer> {
  const { wanted, named, load, failure, signal } = options;
  const place = await unlessAborted(placeOf(wanted), signal);
  if (named) place.url = shownUrl(named.url);
  if (place.netDir)
    throw new CannotRunError(
      'threshold: the server is in another network namespace, which this user may not enter; run as root',
    );
  const label = newLabel();
  const cost = named && (await probeServer(place, named, load, { label, signal }));
  const { evidence, target, atRest } = await lookAt(place, wanted, label, signal);
  const pids = holdersOf(evidence).map(({ pid }) => pid);
  const server = { place, wanted, label, pids, atRest, ...defined({ address: named?.address }) };
  return {
    target,
    watched: true,
    atRest,
    evidence,
    kept: { wanted, place },
    run: (asked, pace, evidenceOf) =>
      runServerTrial(server, asked, { pace, failure, signal }, () => {
        const evidence = evidenceOf();
        if (cost) fileLabLine(evidence, { event: 'user-cost', at: Date.now(), ...cost });
        return evidence;
      }),
  };
}

/** On another machine: only what its users say is known. */
async function beElsewhere(
  { wanted, named, load, failure, signal }: ServerThresholdOptions,
  { address }: { address: string },
): Promise<FoundServer> {
  const place: Place = { how: 'port', enter: [], prefix: '' };
  const port = wanted.port ?? 0;
  const label = newLabel();
  if (named) await probeServer(place, named, load, { label, signal, measured: false });
  return {
    target: {
      how: 'url',
      port,
      addresses: [address],
      pid: null,
      name: null,
      pids: [],
      container: null,
      elsewhere: true,
      ...(named && { url: shownUrl(named.url) }),
      ...(load.options?.tls && { tls: true as const }),
    },
    watched: false,
    atRest: 0,
    evidence: serverEvidence('native', load),
    kept: { wanted },
    run: (asked, pace, evidenceOf) =>
      runUnwatchedTrial({ address, port, label }, asked, { pace, failure, signal }, evidenceOf()),
  };
}

/** How the server is before anybody of ours comes. */
async function lookAt(place: Place, wanted: Wanted, label: string, signal: AbortSignal) {
  const evidence = serverEvidence(runtimeOf(place));
  await using watch = await watchServer({ place, wanted, label }, evidence, signal);
  const atRest = await watch.untilStill(STILL, signal);
  if (atRest === undefined)
    throw new CannotRunError(
      `threshold: connections of others come and go at the server's port (${countsOf(evidence)} in ${STILL.ms / 1000} s), so nobody could tell whose limit it was; try when they have left, or stay`,
    );
  await watch[Symbol.asyncDispose]();
  const [worker] = holdersOf(evidence);
  const target = targetOf(place, evidence, worker);
  if (target === undefined) throw new Error('nothing was watched');
  return { atRest, target, evidence };
}

function countsOf({ observer: { series } }: Evidence): string {
  const counts = series.flatMap(({ server }) => server?.sockets ?? []);
  return counts.length === 0 ? 'nobody could count them' : `${Math.min(...counts)} to ${Math.max(...counts)}`;
}

function folderOf(
  { runs, onNoFolder }: Pick<ServerThresholdOptions, 'runs' | 'onNoFolder'>,
  manifest: object,
): ServerThresholdFolder {
  try {
    return new ServerThresholdFolder(runs, manifest);
  } catch (error) {
    onNoFolder(error);
    return new ServerThresholdFolder(null, manifest);
  }
}
