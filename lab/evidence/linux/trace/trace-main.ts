import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../../../common/errors.ts';
import type { TraceLine } from '../../../../protocol/trace-events.ts';
import { TraceInstance } from '../../../../system/tracefs/instance.ts';
import { parseTraceLine, type TraceEvent } from '../../../../system/tracefs/parse.ts';
import { findTracefs } from '../../../../system/tracefs/way-in.ts';
import { pairEvents } from './pair.ts';

/**
 * Reads the kernel's trace of one run: an instance with the name TRACE_LABEL, for the gateway at TRACE_HOST and TRACE_PORT.
 * It reads while a buffer fills up, else not before the load is over, so that it takes no time from it. After TERM it
 * writes what it found; after that, and when stdin ends because the lab has gone, the instance is removed.
 */
const { TRACE_LABEL: label = '', TRACE_HOST: host = '', TRACE_PORT: port = '0' } = process.env;
const gateway = { host, port: Number(port) };

const LOOK_MS = 100;
/** Of the run's own: some 100 MB. Beyond that they count as lost. */
const MOST_EVENTS = 500_000;

const events: TraceEvent[] = [];
const counts = { unknown: 0, unkept: 0 };
let rest = '';

function write(line: TraceLine): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve()));
}

function readAll(instance: TraceInstance): void {
  for (let text = instance.read(); text !== ''; text = instance.read()) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
}

function take(line: string): void {
  const event = parseTraceLine(line);
  if (event === null) return;
  if (event === undefined) counts.unknown += 1;
  else if (events.length < MOST_EVENTS) events.push(event);
  else counts.unkept += 1;
}

async function trace(): Promise<void> {
  using instance = new TraceInstance(findTracefs(), label, gateway.port);
  const ended = new Promise<'report' | 'quit'>((resolve) => {
    process.on('SIGTERM', () => resolve('report'));
    process.stdin.once('end', () => resolve('quit')).resume();
    process.stdout.once('error', () => resolve('quit'));
  });
  await write({ event: 'tracing' });
  const timer = setInterval(() => {
    if (instance.isFilling()) readAll(instance);
  }, LOOK_MS);
  const why = await ended;
  clearInterval(timer);
  instance.stop();
  if (why === 'quit') return;
  // What a CPU was about to write when they were switched off.
  await sleep(1);
  readAll(instance);
  const toEpoch = Date.now() - Number(process.hrtime.bigint()) / 1e6;
  for (const reset of pairEvents(events, gateway, toEpoch)) await write({ event: 'traced-reset', ...reset });
  const { user, system } = process.cpuUsage();
  const { unknown, unkept } = counts;
  await write({
    event: 'traced',
    lost: instance.lost() + unkept,
    unknown,
    cpuMs: Math.round((user + system) / 1000),
  });
}

try {
  await trace();
} catch (error) {
  process.stderr.write(`${messageOf(error).split('\n')[0]}\n`);
  process.exitCode = 3;
}
process.stdin.destroy();
