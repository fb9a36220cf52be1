import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { count } from '../../../common/format.ts';
import { unlessAborted } from '../../../common/waiting.ts';
import { holdersOf } from '../../beside/pick-worker.ts';
import { serverEvidence } from '../../beside/server-evidence.ts';
import { settingsOfServer, type TargetDocument, targetOf } from '../../beside/target-document.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { type Place, placeOf, type Wanted } from '../../evidence/server-place.ts';
import type { EffectiveSettings } from '../../run/verdict-document.ts';
import { usersDocument } from '../../run/verdict-document.ts';
import { newLabel } from '../../runtimes/label.ts';
import { keptLoad, type Load } from '../../target/server-load.ts';
import { type Found, findThreshold, type Pace, type Trial } from '../search.ts';
import { FAILURE_TEXT, type Failure } from '../user-trial.ts';
import { serverLimitOf } from './server-limit.ts';
import { predictionOf, roomAtRest } from './server-prediction.ts';
import type { ServerThresholdDocument, ServerThresholdPoint } from './server-threshold-document.ts';
import { ServerThresholdFolder } from './server-threshold-folder.ts';
import {
  runServerTrial,
  runtimeOf,
  type SearchedServer,
  SearchOver,
  type ServerTrial,
  watchServer,
} from './server-trial.ts';
import { slowRampMs } from './slow-ramp.ts';

export interface ServerThresholdOptions {
  wanted: Wanted;
  /** What each user does; `users` is the largest number to try. */
  load: Load;
  /** No more users than this begin in a second; absent: as many as the robots can. */
  perSecond?: number;
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
 * @throws {UsageError} when there is no such server
 * @throws {CannotRunError} when it may not be looked at, robots not be brought there, or others come and go at it
 * @throws the reason of an abort that comes before the server is found
 */
export async function searchServer(options: ServerThresholdOptions): Promise<ServerThresholdDocument> {
  const { wanted, load, failure, signal } = options;
  const place = await unlessAborted(placeOf(wanted), signal);
  if (place.netDir)
    throw new CannotRunError(
      'threshold: the server is in another network namespace, which this user may not enter; run as root',
    );
  const { server, target, evidence } = await lookAt(place, wanted, signal);
  options.onFound?.(target, server.atRest);
  const { host } = evidence;
  const about = { runtime: runtimeOf(place), driver: 'robots' as const };
  const folder = folderOf(options, { ...about, host, wanted, place, load: keptLoad(load) });
  const search = new ServerSearch(options, server, folder);
  const { found, ended } = await search.run(roomAtRest(holdersOf(evidence)));
  const document: ServerThresholdDocument = {
    schema: 1,
    vary: null,
    complete: found !== undefined && ended === null,
    ended,
    host,
    ...about,
    target: { ...target, speaks: load.kind },
    watched: true,
    load: keptLoad(load),
    failure: FAILURE_TEXT[failure],
    atRest: server.atRest,
    points: [pointOf(search.trials, found, failure, settingsOfServer(evidence))],
    unseen: evidence.observer.before?.server?.unseen ?? [],
    path: folder.path,
  };
  folder.write(document, options.page?.(document));
  return document;
}

/** How the server is before anybody of ours comes. */
async function lookAt(place: Place, wanted: Wanted, signal: AbortSignal) {
  const label = newLabel();
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
  const pids = holdersOf(evidence).map(({ pid }) => pid);
  return { server: { place, wanted, atRest, pids, label }, target, evidence };
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

/** A trial as the document has it, and of a few the evidence. */
type KeptTrial = Omit<ServerTrial, 'evidence' | 'facts' | 'verdicts' | 'worker'> & {
  limitedBy: string;
  measured?: ServerTrial;
};

/** The loads of one search, in order. */
class ServerSearch {
  readonly trials: KeptTrial[] = [];
  readonly #options: ServerThresholdOptions;
  readonly #server: SearchedServer;
  readonly #folder: ServerThresholdFolder;
  #over: string | undefined;

  constructor(options: ServerThresholdOptions, server: SearchedServer, folder: ServerThresholdFolder) {
    this.#options = options;
    this.#server = server;
    this.#folder = folder;
  }

  /** `found` is undefined, and `ended` says why, where the search ended before it was over. */
  async run(room: number | undefined): Promise<{ found: Found | undefined; ended: string | null }> {
    const { load, signal } = this.#options;
    const upTo = load.users;
    try {
      const found = await findThreshold({
        upTo,
        signal,
        // From there on down nothing would be seen of a limit of another kind.
        ...defined({ expected: room !== undefined && room < upTo ? room : undefined }),
        try: (users, pace) => this.#try(users, pace),
      });
      return { found, ended: this.#over ?? null };
    } catch (error) {
      if (error instanceof SearchOver) return { found: undefined, ended: error.message };
      if (signal.aborted) return { found: undefined, ended: 'interrupted' };
      throw error;
    }
  }

  async #try(users: number, pace: Pace): Promise<Trial> {
    if (this.#over !== undefined) throw new SearchOver(this.#over);
    const { failure, signal, onTrial } = this.#options;
    const load = { ...this.#options.load, users, ramp: `${this.#rampMs(users, pace)}ms` };
    const trial = await runServerTrial(this.#server, load, { pace, failure, signal }, (asked) =>
      this.#folder.begin(serverEvidence(runtimeOf(this.#server.place), asked)),
    );
    this.#folder.end(pace === 'burst' ? trial : { ...trial, failed: 0 });
    this.#over = trial.over;
    this.#keep(trial);
    onTrial?.(trial);
    const { open, failed } = trial;
    return { users, open, failed };
  }

  #rampMs(users: number, pace: Pace): number {
    const { load, perSecond } = this.#options;
    const asked = Number.parseInt(load.ramp, 10);
    const least = perSecond === undefined ? 0 : Math.ceil((users / perSecond) * 1000);
    const failing = this.trials.findLast(({ measured, failed }) => measured && failed > 0)?.measured;
    const slow = pace === 'slow' && failing ? slowRampMs(users, failing.evidence) : 0;
    return Math.max(asked, least, slow);
  }

  /** The evidence of a load is large: it is kept of the first burst that failed, of the smallest, and of the last. */
  #keep(trial: ServerTrial): void {
    const { evidence, facts, verdicts, worker, ...rest } = trial;
    const { limitedBy } = serverLimitOf(facts, verdicts);
    const burst = trial.pace === 'burst';
    this.trials.push({ ...rest, limitedBy, ...(burst ? { measured: trial } : {}) });
    const needed = new Set(needing(this.trials));
    for (const one of this.trials) if (!needed.has(one)) delete one.measured;
  }
}

/** Of which trials the evidence is still to be looked at. */
function needing(trials: readonly KeptTrial[]): KeptTrial[] {
  const failed = trials.filter(({ measured, failed }) => measured && failed > 0);
  const smallest = failed.toSorted((a, b) => a.users - b.users)[0];
  const last = trials.findLast(({ measured }) => measured);
  return [failed[0], smallest, last].filter((one) => one !== undefined);
}

function pointOf(
  trials: readonly KeptTrial[],
  found: Found | undefined,
  failure: Failure,
  atRest: EffectiveSettings,
): ServerThresholdPoint {
  const bursts = trials.filter(({ pace }) => pace === 'burst');
  const failed = bursts.filter(({ failed }) => failed > 0).toSorted((a, b) => a.users - b.users);
  const good = bursts.filter((one) => one.failed === 0).map(({ users }) => users);
  const smallest = failed[0]?.measured;
  const first = bursts.find(({ failed, measured }) => failed > 0 && measured)?.measured ?? smallest;
  const measured = found?.measured ?? (good.length > 0 ? Math.max(...good) : null);
  const limit = found?.limit ?? null;
  const { limitedBy, says } = smallest
    ? limitedOf(smallest, failure)
    : { limitedBy: bursts.length > 0 ? 'nothing' : 'unknown', says: null };
  const prediction =
    smallest && first
      ? predictionOf(limitedBy, limit, { smallest, first }, failure)
      : predictionOf('nothing', limit, {} as never, failure);
  const { predicted } = prediction;
  const exact = found !== undefined && !found.atLeast && predicted !== null && measured !== null;
  const last = trials.findLast((one) => one.measured)?.measured;
  return {
    value: null,
    measured,
    ...prediction,
    error: exact ? measured - predicted : null,
    limitedBy,
    says,
    limit,
    atLeast: found?.atLeast ?? true,
    method: found?.method ?? null,
    failsAt: found ? found.failsAt : (failed[0]?.users ?? null),
    failures: smallest ? usersDocument(smallest.facts).by.filter(({ outcome }) => outcome !== 'open') : [],
    runs: trials.length,
    trials: trials.map(({ users, open, failed, pace, rampMs, limitedBy }) => ({
      ...{ users, open, failed, pace, rampMs, limitedBy },
    })),
    settings: last ? settingsOfServer(last.evidence) : atRest,
  };
}

/** Who only had to wait has failed by no verdict. */
function limitedOf({ facts, verdicts }: ServerTrial, failure: Failure) {
  const limit = serverLimitOf(facts, verdicts);
  if (failure === 'failed' || limit.limitedBy !== 'nothing') return limit;
  const says = `${count(facts.slowConnects ?? 0, 'user')} had to send the SYN again: the accept queue overflowed ${facts.queue?.overflows ?? 0} times`;
  return { limitedBy: 'listen-backlog', says };
}
