import { createHistogram } from 'node:perf_hooks';
import { startBusy } from './busy.ts';
import type { SampleLine } from './lines.ts';

type Longest = NonNullable<SampleLine['longest']>;
type Done = Omit<Longest, 'blockMs'>;

interface Taken {
  loop: SampleLine['loop'];
  longest: Longest;
}

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
  let longest: Longest = NOTHING;
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
    take(): Taken {
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
