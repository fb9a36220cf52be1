import type { ConnectionLine } from '../../protocol/connection-events.ts';
import { NumberList } from '../evidence/number-list.ts';
import { countWhile } from './numbers.ts';

/** How many connections were open as others were turned away, by the moments of the connections themselves. */
export interface HeldLevel {
  /** The most that were open at once. */
  height: number;
  /** How many were open on average when one was turned away, as a part of the height. */
  level: number;
  /** How many were accepted after the first was turned away. */
  letIn: number;
  /** How many were accepted before that, since the watch began. */
  climbed: number;
}

/** The order of two moments this far apart is known, ms: the clock of the kernel's events is finer, and open connections last a while. */
const EXACT_MS = 1;

/** Collects the moments of connections, and keeps no connection. */
export class HeldMoments {
  readonly #starts = new NumberList();
  readonly #stops = new NumberList();
  readonly #refusals = new NumberList();
  #before = 0;
  #exact = true;

  /** Adds a connection that was open, or one that was `turnedAway`. */
  add({ complete, closed, open }: ConnectionLine, turnedAway: boolean): void {
    const ended = closed !== undefined || open === true;
    if ((complete?.within ?? 0) > EXACT_MS || (closed?.within ?? 0) > EXACT_MS || !ended) this.#exact = false;
    if (turnedAway) this.#refusals.push(closed?.is ?? 0);
    else {
      if (complete) this.#starts.push(complete.is);
      else this.#before += 1;
      if (closed) this.#stops.push(closed.is);
    }
  }

  /** Undefined where the order is not known, or none was turned away. */
  level(): HeldLevel | undefined {
    if (!this.#exact || this.#refusals.length === 0) return undefined;
    const [starts, stops, refusals] = [this.#starts.sort(), this.#stops.sort(), this.#refusals.sort()];
    const heldAt = (at: number) =>
      this.#before + countWhile(starts, (start) => start <= at) - countWhile(stops, (stop) => stop < at);
    const height = starts.reduce((most, at) => Math.max(most, heldAt(at)), this.#before);
    const held = refusals.reduce((sum, at) => sum + heldAt(at), 0);
    const first = refusals[0] as number;
    const climbed = countWhile(starts, (start) => start <= first);
    return {
      height,
      level: height === 0 ? 0 : held / refusals.length / height,
      letIn: starts.length - climbed,
      climbed,
    };
  }
}
