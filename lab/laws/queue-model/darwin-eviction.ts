/**
 * What XNU keeps of evictions: one for all listeners of the host, static in tcp_dropdropablreq, from the first overflow since boot on. Times are
 * seconds of uptime.
 */
export interface EvictionState {
  /** Of the generator: the low 16 bits. */
  random: number;
  second: number;
  /** Overflows in this second, and a second of the time before. */
  now: number;
  before: number;
}

/** Which half-open connection has to go (XNU bsd/netinet/tcp_input.c tcp_dropdropablreq). */
export class Eviction {
  readonly #state: EvictionState;
  readonly #uptimeMs: number;

  /**
   * @param state of the evictions before
   * @param uptimeMs of the host at the model's origin
   */
  constructor(state: EvictionState, uptimeMs: number) {
    this.#state = { ...state };
    this.#uptimeMs = uptimeMs;
  }

  get state(): EvictionState {
    return { ...this.#state };
  }

  /**
   * One that is closed and waits to be collected, if there is any; else the oldest, for as many overflows in a second as are half-open; beyond
   * that at random, and in one of so many cases none.
   *
   * @param halfOpen oldest first
   * @param now ms
   */
  victim<T extends { readonly closed: boolean }>(halfOpen: ReadonlySet<T>, now: number): T | undefined {
    if (halfOpen.size === 0) return undefined;
    for (const entry of halfOpen) if (entry.closed) return entry;
    const state = this.#state;
    const second = secondOf(now + this.#uptimeMs);
    if (second !== state.second) {
      state.before = Math.floor(state.now / (second - state.second));
      state.second = second;
      state.now = 0;
    }
    state.now += 1;
    if (state.now <= halfOpen.size && state.before <= halfOpen.size) return at(halfOpen, 0);
    state.random = (Math.imul(314_159, state.random) + 66_329) & 0xffff;
    return at(halfOpen, ((halfOpen.size + 1) * state.random) >>> 16);
  }
}

/** net_uptime is uptime to the nearest second, so it turns at .5 (XNU bsd/kern/kern_time.c net_update_uptime_with_time). */
function secondOf(uptimeMs: number): number {
  return Math.floor((uptimeMs + 500) / 1000);
}

function at<T>(set: ReadonlySet<T>, index: number): T | undefined {
  let left = index;
  for (const one of set) {
    if (left === 0) return one;
    left -= 1;
  }
  return undefined;
}
