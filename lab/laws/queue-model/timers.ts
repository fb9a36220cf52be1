import type { Agenda } from './agenda.ts';

/** Slots of a level of Linux's timer wheel, and how much coarser each level is (kernel/time/timer.c LVL_SIZE, LVL_CLK_SHIFT). */
const SLOTS = 64;
const COARSER = 8;

/** Timers of a kernel. */
export class Timers {
  readonly #agenda: Agenda;
  readonly #hz: number | undefined;

  /** @param hz of a timer wheel; undefined: timers are exact */
  constructor(agenda: Agenda, hz: number | undefined) {
    this.#agenda = agenda;
    this.#hz = hz;
  }

  /** Has `run` called so many ms from now, or at the tick of the wheel that follows. */
  after(ms: number, run: () => void): void {
    const { now } = this.#agenda;
    const at = this.#hz === undefined ? now + ms : wheelTime(now, ms, this.#hz);
    this.#agenda.plan(at, run);
  }
}

/**
 * When a timer of the wheel runs: at the tick of its level that follows, never sooner than asked for (kernel/time/timer.c calc_index).
 * A level's tick is 1, 8, 64 … jiffies, for times below 64, 512, 4096 … of them: so it is late by an eighth at most.
 */
export function wheelTime(now: number, ms: number, hz: number): number {
  const jiffy = 1000 / hz;
  let tick = 1;
  while (ms / jiffy >= SLOTS * tick - tick) tick *= COARSER;
  const grain = tick * jiffy;
  return (Math.floor((now + ms) / grain + 1e-9) + 1) * grain;
}
