/**
 * Runs a load generator that is not ours, and tells what it cost: the command in TOOL, as a JSON list. Its own output is
 * not wanted, what it complains of goes to stderr. Ends as the generator ends.
 */
import { spawn } from 'node:child_process';
import { writeSync } from 'node:fs';
import { readStat } from '../../../system/proc/stat.ts';
import { readTreePeak } from '../../../system/proc/status.ts';
import { deathSignal } from '../../runtimes/processes.ts';
import type { CostLine } from '../probe.ts';

/** VmHWM is a peak itself, so only what grows in the last interval before the end is lost. */
const SAMPLE_MS = 20;

const [command, ...args] = [...deathSignal(), ...(JSON.parse(process.env.TOOL ?? '[]') as string[])];
const { TOOL: _, LIFELINE: __, ...env } = process.env;
/** Of descendants that have ended, microseconds. */
const childrenCpu = () => (readStat('self')?.childrenCpuMs ?? Number.NaN) * 1000;
const cpuBefore = childrenCpu();
const child = spawn(command as string, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
const stop = () => child.kill('SIGKILL');
process.on('SIGTERM', stop).on('SIGINT', stop);
for (const event of ['end', 'error', 'close']) process.stdin.on(event, stop);
process.stdin.resume();

let peak = 0;
const sampling = setInterval(() => {
  peak = Math.max(peak, readTreePeak(child.pid ?? 0));
}, SAMPLE_MS);

child.once('error', ({ message }) => {
  process.stderr.write(`${command}: cannot be started: ${message}\n`);
  process.exit(3);
});
// Not `close`: a grandchild may hold on to stderr, and the child has been waited for here.
child.once('exit', (code) => {
  clearInterval(sampling);
  const line: CostLine = { event: 'cost', cpuMicros: childrenCpu() - cpuBefore, peakRss: peak };
  writeSync(1, `${JSON.stringify(line)}\n`);
  process.exit(code ?? 128);
});
