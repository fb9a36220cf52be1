import { performance } from 'node:perf_hooks';

/**
 * Gives a function that tells for what part of the time since its last call, 0 to 1, the event loop was not waiting for
 * something to happen (Node: performance.eventLoopUtilization). A process that wants to run and may not counts as busy.
 */
export function startBusy(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return Math.round(utilization * 1000) / 1000;
  };
}
