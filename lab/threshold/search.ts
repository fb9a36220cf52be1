/** How users come: all at once, or so slowly that no rate can be what limits. */
export type Pace = 'burst' | 'slow';

/** One load: `open` of `users` were served without failure. */
export interface Trial {
  users: number;
  open: number;
  failed: number;
}

export interface SearchOptions {
  /** Runs one load. Rejections end the search and are passed on. */
  try(users: number, pace: Pace): Promise<Trial>;
  /** Where a law expects the threshold: the search begins just above. */
  expected?: number;
  /** The largest number of users to try. */
  upTo: number;
  signal?: AbortSignal;
  onTrial?(trial: Trial, pace: Pace): void;
}

/** The threshold, and how it was found. */
export interface Found {
  measured: number;
  /** The largest number tried did not fail: the threshold is this or higher. */
  atLeast: boolean;
  /** The smallest number of users seen to fail. */
  failsAt: number | null;
  /** A capacity is the same however slowly users come; a rate fails a burst that a slow ramp does not. */
  limit: 'capacity' | 'rate' | 'none';
  /** `ramp`: read from one load above the threshold and confirmed by one at it. `bisection`: searched. */
  method: 'ramp' | 'bisection';
  trials: (Trial & { pace: Pace })[];
}

/** Without a law the search doubles from here. */
const FIRST = 64;

/** A rate varies from burst to burst: closer than this part of it there is nothing to find. */
const RATE_RESOLUTION = 0.02;

/**
 * Finds the largest number of users with no failure. A burst above the threshold leaves as many users open as a
 * capacity has room for; when a slow ramp of the same users leaves no more, it is a capacity, and when a burst of just that
 * many leaves nobody behind, this is the threshold. Otherwise it is searched by bisection on the burst: a capacity to the
 * user, a rate to 2 %. An aborted search rejects with the signal's reason.
 */
export async function findThreshold(options: SearchOptions): Promise<Found> {
  const search = new Search(options);
  const failing = await search.climb();
  if (failing === undefined) return search.found('none', 'ramp');
  const slow = await search.try(failing.users, 'slow');
  const limit = slow.failed > 0 && slow.open <= failing.open ? 'capacity' : 'rate';
  if (limit === 'capacity' && failing.open > search.good) {
    await search.try(failing.open, 'burst');
    // What left `open` users of more has room for no more than that.
    if (search.good === failing.open) return search.found(limit, 'ramp');
  }
  await search.bisect(limit === 'rate' ? RATE_RESOLUTION : 0);
  return search.found(limit, 'bisection');
}

class Search {
  /** The largest burst without a failure, and the smallest with one. */
  good = 0;
  #bad = Number.POSITIVE_INFINITY;
  readonly #trials: Found['trials'] = [];
  readonly #options: SearchOptions;

  constructor(options: SearchOptions) {
    this.#options = options;
  }

  async try(users: number, pace: Pace): Promise<Trial> {
    this.#options.signal?.throwIfAborted();
    const trial = await this.#options.try(users, pace);
    this.#options.signal?.throwIfAborted();
    this.#trials.push({ ...trial, pace });
    this.#options.onTrial?.(trial, pace);
    if (pace === 'burst') {
      if (trial.failed > 0) this.#bad = Math.min(this.#bad, users);
      else this.good = Math.max(this.good, users);
    }
    return trial;
  }

  /** Goes up until a burst fails; undefined when none does. */
  async climb(): Promise<Trial | undefined> {
    const { expected, upTo } = this.#options;
    const first = expected === undefined ? FIRST : expected + Math.max(8, Math.ceil(expected / 20));
    for (let users = Math.min(upTo, first); ; users = Math.min(upTo, users * 2)) {
      const trial = await this.try(users, 'burst');
      if (trial.failed > 0) return trial;
      if (users >= upTo) return undefined;
    }
  }

  /** Halves the distance between what succeeds and what fails. */
  async bisect(resolution: number): Promise<void> {
    while (this.#bad - this.good > Math.max(1, this.good * resolution)) {
      await this.try(Math.floor((this.good + this.#bad) / 2), 'burst');
    }
  }

  found(limit: Found['limit'], method: Found['method']): Found {
    const failsAt = limit === 'capacity' && method === 'ramp' ? this.good + 1 : this.#bad;
    return {
      measured: this.good,
      atLeast: limit === 'none',
      failsAt: limit === 'none' ? null : failsAt,
      limit,
      method,
      trials: this.#trials,
    };
  }
}
