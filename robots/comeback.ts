import { Deadlines } from './deadlines.ts';
import { draw } from './rng.ts';
import type { Robot } from './robot.ts';
import type { Settings } from './robots-settings.ts';

/** Connections that a user makes in all, its first among them. */
export const MOST_ATTEMPTS = 8;

/** A delay doubles no further: it would outlast the outage that it is for. */
const LONGEST_FACTOR = 4;

/** Draws of a user from here on are for its comebacks; those below are for its bets. */
const FIRST_DRAW = 2 ** 30;

type ComebackSettings = Pick<Settings, 'RECONNECT' | 'RECONNECT_MS' | 'SEED'>;

/** The longest pause before a user connects again that has made so many attempts, ms. */
function longestPause(reconnectMs: number, attempts: number): number {
  return reconnectMs * Math.min(LONGEST_FACTOR, 2 ** (attempts - 1));
}

/** How long it can take from a user's loss to the end of its last attempt, ms; 0 when nobody comes back. */
export function longestComeback(
  mode: Settings['RECONNECT'],
  reconnectMs: number,
  connectTimeoutMs: number,
): number {
  if (mode === 'off') return 0;
  let ms = (MOST_ATTEMPTS - 1) * connectTimeoutMs;
  if (mode === 'jittered') {
    for (let attempts = 1; attempts < MOST_ATTEMPTS; attempts++) ms += longestPause(reconnectMs, attempts);
  }
  return ms;
}

/** The users whose connection ended and who come back: which of them, and when. */
export class Comebacks {
  readonly #settings: ComebackSettings;
  readonly #start: (robot: Robot) => void;
  readonly #pauses: Deadlines<Robot>;
  #over = false;

  /** @param start lets a robot connect again; called when its socket is gone and its pause is over */
  constructor(settings: ComebackSettings, start: (robot: Robot) => void) {
    this.#settings = settings;
    this.#start = start;
    this.#pauses = new Deadlines(start);
  }

  /** Whether a robot that just ended will come back: it was open, in this attempt or an earlier one, and may try on. */
  takes(robot: Robot): boolean {
    if (this.#settings.RECONNECT === 'off' || this.#over) return false;
    return robot.attempts < MOST_ATTEMPTS && (robot.stage === 'open' || robot.attempts > 1);
  }

  /** Lets a robot that was taken come back; to be called when its socket is gone. */
  released(robot: Robot): void {
    if (this.#over) return;
    const { RECONNECT, RECONNECT_MS, SEED } = this.#settings;
    if (RECONNECT === 'immediate') {
      this.#start(robot);
      return;
    }
    const share = draw(SEED, robot.id, FIRST_DRAW + robot.attempts);
    this.#pauses.add(performance.now() + share * longestPause(RECONNECT_MS, robot.attempts), robot);
  }

  /** Nobody comes back from now on. */
  stop(): void {
    this.#over = true;
    this.#pauses.clear();
  }
}
