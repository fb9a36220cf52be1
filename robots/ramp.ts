import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

const STEP_MS = 1;

/**
 * So many connect in one turn of the event loop. A user sends its request as soon as it is connected; all in one turn
 * would hold every request back until the last has connected, which no crowd of separate clients does. Slices cost
 * nothing: at 4500 users one turn and slices of 64 to 1024 took the same time, with the same counts.
 */
const SLICE = 256;

/**
 * Calls `startNext` once for each of `users`, spread evenly over `ms`, never early; 0 is all at once. Resolves when it
 * has, or when `stopped`.
 */
export async function ramp(
  users: number,
  ms: number,
  startNext: () => void,
  stopped: () => boolean,
): Promise<void> {
  const from = performance.now();
  let started = 0;
  while (started < users && !stopped()) {
    const share = ms === 0 ? 1 : (performance.now() - from) / ms;
    const due = Math.min(users, Math.floor(share * users) + 1);
    for (const end = Math.min(due, started + SLICE); started < end; started++) startNext();
    if (started < due) await nextTurn();
    else if (started < users) await sleep(STEP_MS);
  }
}
