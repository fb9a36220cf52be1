import { createHistogram } from 'node:perf_hooks';
import { startBusy } from './busy.ts';
import type { SampleLine } from './lines.ts';

/**
 * Measures by how much the event loop is late, from now on, looking each `everyMs` milliseconds. Not by
 * `monitorEventLoopDelay`: its `reset` also forgets when it last ticked (Node, src/histogram-inl.h), so whatever is
 * running across a reset is lost, the long stalls above all.
 */
export function startDelay(everyMs = 10) {
  const late = createHistogram();
  const busy = startBusy();
  let last = performance.now();
  const tick = () => {
    const now = performance.now();
    // In microseconds; a histogram holds whole numbers from 1.
    late.record(Math.max(1, Math.round((now - last - everyMs) * 1000)));
    last = now;
  };
  const timer = setInterval(tick, everyMs);
  const ms = (microseconds: number) => Math.round(microseconds / 10) / 100;
  return {
    /** The delay since the last call, in ms: also the one that has not ended yet. */
    take(): SampleLine['loop'] {
      tick();
      const delay = { p50: ms(late.percentile(50)), p99: ms(late.percentile(99)), max: ms(late.max) };
      const taken = { ...delay, busy: busy() };
      late.reset();
      return taken;
    },
    stop: () => clearInterval(timer),
  };
}
