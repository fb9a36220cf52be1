/** What a client says, and by what it knows that it was served. Texts are sent byte by byte (latin1). */
export interface Speech {
  /** What opens the talk; absent: it begins with `ask`. */
  hello?: string;
  /** What the server says to that, or before it, as a regular expression. */
  welcome?: string;
  ask: string;
  /** Whoever gets this has been served, as a regular expression. */
  answer: string;
  /** The server closes after its answer: nobody can stay. */
  once?: boolean;
}

/** Users of one kind. Times in ms from the begin of the load. */
export interface Crowd {
  name: string;
  users: number;
  /** They come one after another for so long; 0: all at once. */
  overMs: number;
  afterMs?: number;
  /**
   * `stay`: is served, and stays until `untilMs` or to the end. `visit`: is served, and leaves. `silent`: connects and says nothing.
   * `half`: begins to ask, and does not go on.
   */
  does: 'stay' | 'visit' | 'silent' | 'half';
  untilMs?: number;
  /** Who stays asks again so often. */
  everyMs?: number;
  /** Who stays asks once more, within so long of its first answer, each after a time of its own. */
  againMs?: number;
  /** The same up to so many times, as often as each likes; 1. */
  againTimes?: number;
  /** Whoever is cut connects again at once, and goes on as before; what it met first is what counts. */
  returns?: boolean;
  /** Who is not served for so long gives up. */
  patienceMs?: number;
  speech: Speech;
}

export interface Plan {
  forMs: number;
  crowds: Crowd[];
}

/**
 * What a client met. `cut`: closed by the server after it had been served. `closed`: by FIN, with no word. `otherwise`: it got
 * another answer than that of who is served. `unanswered`: it was connected, and got nothing in time.
 */
export type Outcome =
  | 'served'
  | 'stayed'
  | 'waited'
  | 'cut'
  | 'reset'
  | 'refused'
  | 'timeout'
  | 'closed'
  | 'otherwise'
  | 'unanswered';

/** How many of each crowd met what. */
export type Met = Record<string, Partial<Record<Outcome, number>>>;

const WELL: readonly Outcome[] = ['served', 'stayed', 'waited'];

/** Those of these crowds, or of all, that met one of these. */
export function howMany(met: Met, outcomes: readonly Outcome[], ...crowds: string[]): number {
  const names = crowds.length > 0 ? crowds : Object.keys(met);
  const numbers = names.flatMap((name) => outcomes.map((outcome) => met[name]?.[outcome] ?? 0));
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** Users who were not served, or not for as long as they wanted. */
export function failedIn(met: Met, ...crowds: string[]): number {
  const all: Outcome[] = ['cut', 'reset', 'refused', 'timeout', 'closed', 'otherwise', 'unanswered'];
  return howMany(met, all, ...crowds);
}

/** Users who got what they came for. */
export function servedIn(met: Met, ...crowds: string[]): number {
  return howMany(met, WELL, ...crowds);
}
