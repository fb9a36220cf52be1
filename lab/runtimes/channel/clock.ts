import { setTimeout as sleep } from 'node:timers/promises';

/** By how much a clock is ahead of the lab's: it lies between the two, whatever the ways there and back take. In ms. */
export interface Bracket {
  least: number;
  most: number;
}

/** One question for the time: when it was sent and its answer came by the lab's clock, and what the other clock said between them. */
export interface Answered {
  sent: number;
  received: number;
  answered: number;
  came: number;
}

/** Clocks are read in whole milliseconds, rounded down. */
const TICK_MS = 1;
const QUESTIONS = 20;
/** No multiple of the tick, so that questions fall on all parts of it. */
const PAUSE_MS = 3.3;

/** What several answers tell together. Pure. No answer makes it wider. Throws RangeError without any. */
export function bracketOf(answers: readonly Answered[]): Bracket {
  if (answers.length === 0) throw new RangeError('no answer tells nothing of a clock');
  return {
    // It cannot have been read before the question was sent, nor after the answer came.
    least: Math.max(...answers.map(({ answered, came }) => answered - came - TICK_MS)),
    most: Math.min(...answers.map(({ received, sent }) => received - sent + TICK_MS)),
  };
}

/** Asks several times. */
export async function measureClock(ask: () => Promise<Answered>): Promise<Bracket> {
  const answers: Answered[] = [];
  for (let question = 0; question < QUESTIONS; question += 1) {
    answers.push(await ask());
    await sleep(PAUSE_MS);
  }
  return bracketOf(answers);
}

/** The offset that is taken away from its times: whole milliseconds, as they are. */
export function middleOf({ least, most }: Bracket): number {
  return Math.round((least + most) / 2);
}

/** How far from `ahead` the clock may be by any of these brackets. */
export function errorOf(ahead: number, ...brackets: readonly Bracket[]): number {
  const ends = brackets.flatMap(({ least, most }) => [Math.abs(least - ahead), Math.abs(most - ahead)]);
  return Math.round(10 * Math.max(...ends)) / 10;
}
