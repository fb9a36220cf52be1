/**
 * Preloaded into every process that the bench measures, on both sides: its last line tells what its whole life cost.
 * The kernel keeps both numbers (getrusage), so they include the start of Node and the peak between two samples.
 */
import { writeSync } from 'node:fs';

/** The line, on stdout. */
export interface CostLine {
  event: 'cost';
  /** User and system time, microseconds. */
  cpuMicros: number;
  /** Bytes resident at most. */
  peakRss: number;
}

// The fleet's own children would each write one of their own between the fleet's lines.
process.env.NODE_OPTIONS = process.env.BENCH_NODE_OPTIONS ?? '';

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const line: CostLine = { event: 'cost', cpuMicros: userCPUTime + systemCPUTime, peakRss: maxRSS * 1024 };
  writeSync(1, `${JSON.stringify(line)}\n`);
});
