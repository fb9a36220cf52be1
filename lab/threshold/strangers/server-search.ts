import { defined } from '../../../common/defined.ts';
import { groupOutcomes, waysOf } from '../../facts/user-groups.ts';
import type { Load } from '../../target/server-load.ts';
import { leastRampMs } from '../../target/target-hosts.ts';
import { type Found, findThreshold, type Pace, type Trial } from '../search.ts';
import type { Failure } from '../user-trial.ts';
import { limitOfTrial } from './server-limit.ts';
import type { ServerThresholdFolder } from './server-threshold-folder.ts';
import { SearchOver, type ServerTrial } from './server-trial.ts';
import { slowRampMs } from './slow-ramp.ts';

/** A trial as the document has it, and of a few all that was measured. */
export type KeptTrial = Omit<ServerTrial, 'evidence' | 'judged'> & {
  limitedBy: string;
  measured?: ServerTrial;
};

interface Searching {
  /** What each user does; `users` is the largest number to try. */
  load: Load;
  /** No more users than this begin in a second; absent: as many as the robots can. */
  ratePerSecond?: number;
  failure: Failure;
  signal: AbortSignal;
  onTrial?: (trial: ServerTrial) => void;
}

/** Loads the server once. Rejects with SearchOver when the search cannot go on. */
type Run = (load: Load, pace: Pace) => Promise<ServerTrial>;

/** The loads of one search, in order. */
export class ServerSearch {
  readonly trials: KeptTrial[] = [];
  readonly #asked: Searching;
  readonly #run: Run;
  readonly #folder: ServerThresholdFolder;
  #over: string | undefined;

  constructor(asked: Searching, run: Run, folder: ServerThresholdFolder) {
    this.#asked = asked;
    this.#run = run;
    this.#folder = folder;
  }

  /**
   * `result` is undefined, and `ended` says why, where the search ended before it was over.
   * @param room users that the server's descriptors have room for
   */
  async run(room: number | undefined): Promise<{ result: Found | undefined; ended: string | null }> {
    const { load, signal } = this.#asked;
    const upTo = load.users;
    try {
      const result = await findThreshold({
        upTo,
        signal,
        // Above what is to be tried it says nothing of where to begin.
        ...defined({ expected: room !== undefined && room < upTo ? room : undefined }),
        try: (users, pace) => this.#try(users, pace),
      });
      return { result, ended: this.#over ?? null };
    } catch (error) {
      if (error instanceof SearchOver) return { result: undefined, ended: error.message };
      if (signal.aborted) return { result: undefined, ended: 'interrupted' };
      throw error;
    }
  }

  async #try(users: number, pace: Pace): Promise<Trial> {
    if (this.#over !== undefined) throw new SearchOver(this.#over);
    const trial = await this.#load(users, pace);
    if (pace === 'burst' && users > 1 && trial.open === 0) await this.#tryAlone();
    const { open, failed } = trial;
    return { users, open, failed };
  }

  /** Where none of many users is served, one alone may not be either: then it is no matter of their number. */
  async #tryAlone(): Promise<void> {
    if (this.#over !== undefined || this.trials.some(({ users }) => users === 1)) return;
    const { failed, evidence } = await this.#load(1, 'burst');
    if (failed > 0)
      throw new SearchOver(
        `one user alone fails as well: ${waysOf(groupOutcomes(evidence.fleet.users)).join(', ')}`,
      );
  }

  async #load(users: number, pace: Pace): Promise<ServerTrial> {
    const { load, onTrial } = this.#asked;
    const trial = await this.#run({ ...load, users, ramp: `${this.#rampMs(users, pace)}ms` }, pace);
    this.#folder.end(pace === 'burst' ? trial : { ...trial, failed: 0 });
    this.#over = trial.over;
    this.#keep(trial);
    onTrial?.(trial);
    return trial;
  }

  #rampMs(users: number, pace: Pace): number {
    const { load, ratePerSecond } = this.#asked;
    const failing = this.trials.findLast(({ measured, failed }) => measured && failed > 0)?.measured;
    const slow = pace === 'slow' && failing ? slowRampMs(users, failing.evidence) : 0;
    return Math.max(Number.parseInt(load.ramp, 10), leastRampMs(users, ratePerSecond), slow);
  }

  /** The evidence of a load is large: it is kept of the first burst that failed, of the smallest, and of the last. */
  #keep(trial: ServerTrial): void {
    const { evidence, judged, ...rest } = trial;
    const burst = trial.pace === 'burst';
    this.trials.push({
      ...rest,
      limitedBy: limitOfTrial(trial, this.#asked.failure).limitedBy,
      ...(burst ? { measured: trial } : {}),
    });
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
