import { writeSync } from 'node:fs';
import type { ObserverLine, SnapshotLine } from '../../../protocol/observer-events.ts';
import type { Counters } from '../../../system/counters.ts';
import { readBootId } from '../../../system/proc/boot.ts';
import { readAcceptQueue } from '../../../system/proc/listeners.ts';
import { readCounters } from '../../../system/proc/net-counters.ts';
import {
  countDescriptors,
  listDescriptors,
  ownerOf,
  readNofile,
  readStat,
  readWanted,
} from '../../../system/proc/process.ts';
import { readSysctls } from '../../../system/proc/sysctls.ts';

/**
 * The observer: run in the gateway's network and pid namespaces with GATEWAY_PID and GATEWAY_PORT, it writes a
 * snapshot, then a line each OBSERVE_MS, and after TERM (or the end of stdin with LIFELINE=stdin) a last snapshot.
 * It shares the network namespace, so /proc/self/net goes on telling when the gateway is gone.
 */
const pid = Number(process.env.GATEWAY_PID);
const port = Number(process.env.GATEWAY_PORT);
const everyMs = Number(process.env.OBSERVE_MS ?? 50);
const NET = '/proc/self/net';

const startedAt = Date.now();
// Starting Node is not collecting evidence.
const cpuAtStart = process.cpuUsage();
let samples = 0;

function write(line: ObserverLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}

function snapshot(when: SnapshotLine['when'], counters: Counters): SnapshotLine {
  const limits = readNofile(pid);
  const descriptors = listDescriptors(pid);
  const { user, system } = process.cpuUsage(cpuAtStart);
  const bootId = readBootId();
  return {
    event: 'snapshot',
    at: Date.now(),
    when,
    counters,
    sysctls: readSysctls(),
    ...(bootId === undefined ? {} : { bootId }),
    ...(limits && descriptors
      ? {
          process: {
            pid,
            nofileSoft: limits.soft,
            nofileHard: limits.hard,
            descriptors,
            user: ownerOf(pid) ?? -1,
          },
        }
      : {}),
    cost: { cpuMicros: user + system, wallMs: Date.now() - startedAt, samples },
  };
}

const before = readCounters(NET);
write(snapshot('before', before));

let last: Counters = before;
function observe(): void {
  samples += 1;
  const at = Date.now();
  const now = readCounters(NET);
  const deltas: Counters = {};
  if (now !== last) {
    for (const name in now) {
      const value = now[name] as number;
      if (value !== last[name]) deltas[name] = value - (before[name] ?? 0);
    }
  }
  last = now;
  const stat = readStat(pid);
  const descriptors = countDescriptors(pid);
  const wantedMs = readWanted(pid);
  const acceptQueue = readAcceptQueue(NET, port);
  write({
    event: 'observed',
    at,
    ...(descriptors === undefined ? {} : { descriptors }),
    ...(acceptQueue === undefined ? {} : { acceptQueue }),
    state: stat?.state ?? 'gone',
    ...(stat ? { cpuMs: stat.cpuMs, rss: stat.rss, threads: stat.threads } : {}),
    ...(wantedMs === undefined ? {} : { wantedMs }),
    deltas,
  });
}

const timer = setInterval(observe, everyMs);

function end(): void {
  clearInterval(timer);
  observe();
  write(snapshot('after', last));
  process.exit(0);
}

process.once('SIGTERM', end);
process.once('SIGINT', end);
if (process.env.LIFELINE === 'stdin') process.stdin.resume().once('end', end).once('error', end);
