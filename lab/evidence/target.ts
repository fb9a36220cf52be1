import { writeSync } from 'node:fs';
import type { TargetLine } from '../../protocol/target-line.ts';
import type { Counters } from '../../system/counters.ts';
import { listDescriptors, readNofile } from '../../system/descriptors.ts';
import { readCounters } from '../../system/proc/net-counters.ts';
import { readAcceptQueue } from '../../system/proc/net-tcp.ts';
import { findOwner, readPortSockets } from '../../system/proc/owner.ts';
import { readSysctls } from '../../system/sysctls.ts';
import { countBelow } from '../laws/descriptor-law.ts';

/**
 * Watches a server that is not our gateway, which says nothing of itself: run in its network and pid namespaces with
 * TARGET_PORT, it writes one line each WATCH_MS until TERM, or the end of stdin with LIFELINE=stdin.
 */
const port = Number(process.env.TARGET_PORT);
const everyMs = Number(process.env.WATCH_MS ?? 100);
const NET = '/proc/self/net';

/** The table of thousands of sockets is dear to read: at most this part of the time is spent on it. */
const SHARE = 1 / 20;

const WANTED = [
  'Tcp OutRsts', 'Tcp EstabResets', 'Tcp PassiveOpens',
  'TcpExt ListenOverflows', 'TcpExt ListenDrops', 'TcpExt TCPReqQFullDrop', 'TcpExt TCPReqQFullDoCookies',
  'TcpExt TCPAbortOnClose', 'TcpExt TCPAbortOnData', 'TcpExt TCPAbortOnTimeout', 'TcpExt TCPAbortOnMemory',
]; // biome-ignore format: in groups

let listener: string | undefined;
let pid: number | undefined;
let nextCountAt = 0;

function countSockets(): number | undefined {
  const from = performance.now();
  if (from < nextCountAt) return undefined;
  const found = readPortSockets(NET, port);
  const took = performance.now() - from;
  nextCountAt = from + took / SHARE;
  if (found.listener !== listener) pid = undefined;
  listener = found.listener;
  if (listener !== undefined) pid ??= findOwner(listener);
  return found.connections;
}

function countersNow(): Counters {
  const all = readCounters(NET);
  return Object.fromEntries(WANTED.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
}

function watch(): void {
  const sockets = countSockets();
  const acceptQueue = readAcceptQueue(NET, port);
  const nofile = pid === undefined ? undefined : readNofile(pid)?.soft;
  const descriptors = pid === undefined ? undefined : listDescriptors(pid);
  const line: TargetLine = {
    event: 'target',
    at: Date.now(),
    listening: acceptQueue !== undefined,
    ...(acceptQueue === undefined ? {} : { acceptQueue }),
    ...(sockets === undefined ? {} : { sockets }),
    ...(pid === undefined ? {} : { pid }),
    ...(nofile === undefined ? {} : { nofile }),
    ...(descriptors === undefined ? {} : { descriptors: descriptors.length }),
    ...(descriptors && nofile !== undefined ? { descriptorsBelow: countBelow(nofile, descriptors) } : {}),
    counters: countersNow(),
    sysctls: readSysctls(),
  };
  writeSync(1, `${JSON.stringify(line)}\n`);
}

watch();
const timer = setInterval(watch, everyMs);

function end(): void {
  clearInterval(timer);
  process.exit(0);
}

process.once('SIGTERM', end);
process.once('SIGINT', end);
if (process.env.LIFELINE === 'stdin') process.stdin.resume().once('end', end).once('error', end);
