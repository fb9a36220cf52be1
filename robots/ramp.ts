/** How users come: those of one process, or of one VU of k6. No imports, so that k6's runtime can load it. */
export interface Ramp {
  /** The users of all processes, and how long all of them take to come, ms; 0: all at once. */
  users: number;
  ms: number;
  /** Which of them come here: so many, from this one on. */
  first: number;
  count: number;
  /** When the first of all is due, by the clock. */
  from: number;
  /** How many connect at most in one turn of the event loop; absent: SLICE. */
  slice?: number;
  /** How many more may come now, when others have to be there first; absent: whoever is due. */
  room?(): number;
  /** Ends the wait for those that have not come yet. */
  stopped?(): boolean;
}

/** What it takes of a runtime. Times in ms. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<unknown>;
  /** Lets the event loop turn once. */
  turn(): Promise<unknown>;
}

const STEP_MS = 1;
/** Where there is to be room, many processes share the processors, and each look costs one of them as much as some users. */
const SHARED_STEP_MS = 10;

/**
 * So many connect in one turn of the event loop. A user sends its request as soon as it is connected; all in one turn
 * would hold every request back until the last has connected, which no crowd of separate clients does. Slices cost
 * nothing: at 4500 users one turn and slices of 64 to 1024 took the same time, with the same counts.
 */
const SLICE = 256;

/** Calls `startNext` once for each user, spread evenly, never early, and late only where there is no room. Resolves when it has, or when `stopped`. */
export async function ramp(
  { users, ms, first, count, from, slice = SLICE, room, stopped }: Ramp,
  clock: Clock,
  startNext: () => void,
): Promise<void> {
  let started = 0;
  while (started < count && !stopped?.()) {
    const share = ms === 0 ? 1 : (clock.now() - from) / ms;
    const due = Math.min(count, Math.floor(share * users) + 1 - first);
    const free = room?.() ?? count;
    for (const end = Math.min(due, started + slice, started + free); started < end; started++) startNext();
    if (started < due && free > 0) await clock.turn();
    else if (started < count) await clock.sleep(room === undefined ? STEP_MS : SHARED_STEP_MS);
  }
}
