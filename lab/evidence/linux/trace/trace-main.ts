import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { messageOf } from '../../../../common/errors.ts';
import type { WitnessLine } from '../../../../protocol/connection-events.ts';
import { tracedRows } from '../../../../protocol/connection-rows.ts';
import type { TraceLine } from '../../../../protocol/trace-events.ts';
import { FIRST_NAMESPACE, thisPlace } from '../../../../system/pid-place.ts';
import { TraceInstance } from '../../../../system/tracefs/instance.ts';
import { findTracefs } from '../../../../system/tracefs/way-in.ts';
import { AFTERWARDS_MS } from './lives.ts';
import { ProcessEvents } from './process-events.ts';
import { ServerTrace } from './server-trace.ts';
import { Threads } from './threads.ts';
import { ToldResets } from './told-resets.ts';
import {
  EVENT,
  EVENTS_OF_DESCRIPTORS,
  EVENTS_OF_DROPS,
  EVENTS_OF_PROCESSES,
  eventsOfLives,
} from './wanted-events.ts';

/**
 * Reads the kernel's trace of one server: an instance with the name TRACE_LABEL, for TRACE_PORT, and TRACE_HOST if its users come at that
 * address alone. Connections are told as they end; the resets between a gateway and its robots, with TRACE_RESETS=1, after TERM, and the
 * robots' addresses in them with TRACE_ADDRESSES=1. After
 * that, and when stdin ends because the lab has gone, the instance is removed.
 */
const { env } = process;
const { TRACE_LABEL: label = '', TRACE_HOST: host } = env;
const port = Number(env.TRACE_PORT);

// Little is done often: to make its code the best there is costs more than that saves, 0.6 % of a core at 2000 connections a second.
setFlagsFromString('--no-turbofan');

const READ_MS = 250;
/** A page tells of what was written over before it; the rest is looked up no more often: it takes a file a CPU. */
const COUNT_MS = 1000;
/** The witness tells of itself no more often. */
const SAY_MS = 1000;
/** An event has its time a moment before it can be read. */
const WRITTEN_WITHIN_MS = 1;

const clock = () => Number(process.hrtime.bigint()) / 1e6;

/** To the ms since the epoch, in parts of a ms; anew where the clock was set. */
let epoch = performance.timeOrigin + performance.now() - clock();
function toEpoch(): number {
  if (Math.abs(Date.now() - (epoch + clock())) > 5) epoch = Date.now() - clock();
  return epoch;
}

function write(line: TraceLine): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(line)}\n`, () => resolve()));
}

async function trace(): Promise<void> {
  const placed = env.TRACE_ADDRESSES === '1';
  const resets = env.TRACE_RESETS === '1' ? new ToldResets({ host: host ?? '', port }, placed) : undefined;
  using instance = new TraceInstance(findTracefs(), label, [
    ...eventsOfLives(port, host === undefined),
    ...(resets ? EVENTS_OF_DROPS : []),
  ]);
  const hasLives = !instance.missing.includes(EVENT.state);
  const server = new ServerTrace(
    instance,
    {
      port,
      only: host,
      others: env.TRACE_OTHERS?.split(',') ?? [],
      net: env.TRACE_NET,
      pids: env.TRACE_PIDS,
    },
    clock,
    toEpoch,
  );
  const threads = new Threads(() => instance.processes());
  const processes = new ProcessEvents({
    port,
    threads,
    holders: () => server.holders,
    whoseIs: (host) => server.whoseIs(host),
    reaches: (pid, host) => server.reaches(pid, host),
    savedName: (thread) => instance.nameOf(thread),
    pids: env.TRACE_PIDS,
    hasSendings: !instance.missing.includes(EVENT.sent),
    toEpoch,
  });
  // The trace numbers threads as the first namespace does.
  if (thisPlace()?.namespace === FIRST_NAMESPACE)
    for (const wanted of [...EVENTS_OF_PROCESSES, ...EVENTS_OF_DESCRIPTORS]) instance.also(wanted);
  const ended = new Promise<'report' | 'quit'>((resolve) => {
    process.on('SIGTERM', () => resolve('report'));
    process.stdin.once('end', () => resolve('quit')).resume();
    // Each line that nobody takes is an error.
    process.stdout.on('error', () => resolve('quit'));
  });
  let lost = 0;
  let anyFailed = false;
  let countedAt = performance.now();
  let said = '';
  let saidAt = Number.NEGATIVE_INFINITY;

  async function tell(until: number): Promise<void> {
    const gap = instance.read();
    const now = performance.now();
    if (gap || now - countedAt > COUNT_MS || until === Number.POSITIVE_INFINITY) {
      countedAt = now;
      const lostNow = instance.lost();
      if (gap || lostNow > lost) server.lostSome();
      lost = lostNow;
    }
    server.begin();
    threads.begin();
    processes.look();
    instance.take(until, (event) => {
      if (processes.take(event)) return;
      resets?.take(event);
      server.take(event);
    });
    const list = server.over(until);
    const connects = server.failedConnects();
    anyFailed ||= connects.length > 0;
    if (connects.length > 0 || (anyFailed && until === Number.POSITIVE_INFINITY)) {
      const made = server.madeConnects();
      await write({ event: 'failed-connects', at: Date.now(), connects, made });
    }
    const told = until + toEpoch() - AFTERWARDS_MS;
    for (const line of processes.over()) await write(line);
    for (const rows of tracedRows(Date.now(), list, Math.min(told, Date.now()))) await write(rows);
  }

  async function say(now: boolean): Promise<void> {
    if (!now && performance.now() - saidAt < SAY_MS) return;
    const missing = hasLives
      ? {}
      : { missing: `this kernel does not trace ${EVENT.state.replace('/', ':')}` };
    const words: Omit<WitnessLine, 'at'> = {
      event: 'witness',
      by: 'tracefs',
      lost,
      ...missing,
      ...server.said,
    };
    if (!now && JSON.stringify(words) === said) return;
    said = JSON.stringify(words);
    saidAt = performance.now();
    await write({ ...words, at: Date.now() });
  }

  await say(true);
  server.lookAtQueue();
  await write({ event: 'tracing' });
  let why: 'report' | 'quit' | undefined;
  ended.then((how) => {
    why = how;
  });
  while (why === undefined) {
    await Promise.race([ended, sleep(READ_MS)]);
    if (why !== undefined) break;
    await tell(clock() - WRITTEN_WITHIN_MS);
    server.lookAtQueue();
    await say(false);
  }
  instance.stop();
  if (why === 'quit') return;
  // What a CPU was about to write when they were switched off.
  await sleep(1);
  await tell(Number.POSITIVE_INFINITY);
  const rest = server.rest(lost === 0);
  for (const rows of tracedRows(Date.now(), rest, Date.now())) await write(rows);
  await say(true);
  for (const reset of resets?.paired(toEpoch()) ?? []) await write({ event: 'traced-reset', ...reset });
  const { user, system } = process.cpuUsage();
  await write({
    event: 'traced',
    ...(instance.missing.includes(EVENT.sent)
      ? { why: 'this kernel does not trace the sending of resets' }
      : {}),
    lost: lost + (resets?.unkept ?? 0),
    unknown: instance.unknown,
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
