import type { Agenda } from './agenda.ts';

/** Slots of a level of Linux's timer wheel, and how much coarser each level is (kernel/time/timer.c LVL_SIZE, LVL_CLK_SHIFT). */
const SLOTS = 64;
const COARSER = 8;

/** Has `run` called so many ms from now. */
export type After = (ms: number, run: () => void) => void;

/** The timers of a kernel, on a wheel of so many ticks a second; undefined: they are exact. */
export function timersOf(agenda: Agenda, hz: number | undefined): After {
  return (ms, run) => agenda.plan(hz === undefined ? agenda.now + ms : wheelTime(agenda.now, ms, hz), run);
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
