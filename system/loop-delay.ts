import { createHistogram, performance } from 'node:perf_hooks';

/** Delay of the event loop, ms; and the part of the time, 0 to 1, that it was at work. */
export interface LoopDelay {
  p50: number;
  p99: number;
  max: number;
  busy?: number;
}

/**
 * What went on during the longest delay: bets received, users let in, and the longest time, ms, in which nothing of the
 * kind was done. Much of it: one block held the loop; little: many short works.
 */
export interface DuringDelay {
  bets: number;
  upgrades: number;
  blockMs: number;
}

type Done = Omit<DuringDelay, 'blockMs'>;

const NOTHING = { bets: 0, upgrades: 0, blockMs: 0 };

/**
 * Measures by how much the event loop is late, from now on, looking each `everyMs` milliseconds, and what of `done` was
 * done meanwhile. Not by `monitorEventLoopDelay`: its `reset` also forgets when it last ticked (Node,
 * src/histogram-inl.h), so whatever is running across a reset is lost, the long stalls above all.
 */
export function startDelay(everyMs = 10, done: () => Done = () => NOTHING) {
  const late = createHistogram();
  const busy = startBusy();
  let last = performance.now();
  let marked = last;
  let before = done();
  let worst = 0;
  let blockMs = 0;
  let longest: DuringDelay = NOTHING;
  const mark = () => {
    const now = performance.now();
    blockMs = Math.max(blockMs, now - marked);
    marked = now;
  };
  const tick = () => {
    mark();
    const now = marked;
    const by = now - last - everyMs;
    const after = done();
    if (by > worst) {
      worst = by;
      const [bets, upgrades] = [after.bets - before.bets, after.upgrades - before.upgrades];
      longest = { bets, upgrades, blockMs: Math.round(blockMs) };
    }
    // In microseconds; a histogram holds whole numbers from 1.
    late.record(Math.max(1, Math.round(by * 1000)));
    last = now;
    before = after;
    blockMs = 0;
  };
  const timer = setInterval(tick, everyMs);
  const ms = (microseconds: number) => Math.round(microseconds / 10) / 100;
  return {
    /** Call after each piece of work: what lies between two calls is one block. */
    mark,
    /** The delay since the last call, in ms: also the one that has not ended yet. */
    take(): { loop: LoopDelay; longest: DuringDelay } {
      tick();
      const delay = { p50: ms(late.percentile(50)), p99: ms(late.percentile(99)), max: ms(late.max) };
      const taken = { loop: { ...delay, busy: busy() }, longest };
      late.reset();
      worst = 0;
      longest = NOTHING;
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}

/**
 * Gives a function that tells for what part of the time since its last call, 0 to 1, the event loop was not waiting for
 * something to happen (Node: performance.eventLoopUtilization). A process that wants to run and may not counts as busy.
 */
function startBusy(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return Math.round(utilization * 1000) / 1000;
  };
}
