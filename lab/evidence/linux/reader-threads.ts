import { readdirSync } from 'node:fs';
import type { ServerSample } from '../../../protocol/observer-events.ts';
import { readSchedstat } from '../../../system/proc/schedstat.ts';
import { readText } from '../../../system/read.ts';
import type { BesideLook } from './beside-look.ts';
import { rarely } from './rarely.ts';

const EVERY_MS = 200;
/** Of a process with more of them it is not asked what each does. */
const MOST_THREADS = 128;
/** So much of the time a thread that is at work has run, or wanted to. */
const AT_WORK = 0.5;

/** Where a thread sleeps that waits for clients: fs/eventpoll.c, fs/select.c, net/ipv4/inet_connection_sock.c, io_uring/io_uring.c, net/core/sock.c (a read that blocks). */
const FOR_CLIENTS =
  /ep_poll|poll_schedule_timeout|do_select|do_poll|inet_csk_accept|io_cqring_wait|sk_wait_data|wait_woken/;

/** A thread at one look. */
export interface ThreadLook {
  /** Since its start it has run, or had no processor to run on, ms. */
  wantedMs: number;
  /** It sleeps, and waits for clients. */
  waits: boolean;
}

/** The threads of a process at one look, by their numbers. */
export interface ProcessLook {
  at: number;
  threads: ReadonlyMap<number, ThreadLook>;
}

/** Adds up how busy those threads of a server are that would read what its clients send. Of several processes the busiest counts. */
export function beginReaderThreads(): BesideLook {
  let holders: ReadonlySet<number> = new Set();
  let last = new Map<number, ProcessLook>();
  const total = { busyMs: 0, ofMs: 0 };
  const turn = rarely(EVERY_MS, (): Pick<ServerSample, 'readers'> => {
    const now = new Map<number, ProcessLook>();
    let [busyMs, ofMs] = [0, 0];
    for (const pid of holders) {
      const look = lookAt(pid);
      if (look === undefined) continue;
      now.set(pid, look);
      const before = last.get(pid);
      if (before === undefined) continue;
      busyMs = Math.max(busyMs, readersBusyMs(pid, before, look));
      ofMs = Math.max(ofMs, look.at - before.at);
    }
    last = now;
    if (ofMs === 0) return {};
    total.busyMs += Math.min(busyMs, ofMs);
    total.ofMs += ofMs;
    return { readers: { busyMs: Math.round(total.busyMs), ofMs: Math.round(total.ofMs) } };
  });
  return (watched) => {
    holders = watched.holders;
    return turn() ?? {};
  };
}

/**
 * How long the threads that would read were at work between two looks, ms: the first thread where it was; else, where another waits for
 * clients, that one: whatever computes beside it is not what they wait for; else the busiest.
 */
export function readersBusyMs(pid: number, before: ProcessLook, now: ProcessLook): number {
  const of = (tid: number) =>
    (now.threads.get(tid)?.wantedMs ?? 0) - (before.threads.get(tid)?.wantedMs ?? 0);
  const first = of(pid);
  if (first >= AT_WORK * (now.at - before.at)) return first;
  const known = [...now.threads].filter(([tid]) => before.threads.has(tid));
  const waiting = known.filter(([, { waits }]) => waits);
  return (waiting.length > 0 ? waiting : known).reduce((most, [tid]) => Math.max(most, of(tid)), 0);
}

/** Undefined where the process has gone, may not be looked into, or has too many threads. */
function lookAt(pid: number): ProcessLook | undefined {
  const at = performance.now();
  const folder = `/proc/${pid}/task`;
  let tids: number[];
  try {
    tids = readdirSync(folder).map(Number);
  } catch {
    return undefined;
  }
  if (tids.length > MOST_THREADS) return undefined;
  const threads = new Map<number, ThreadLook>();
  for (const tid of tids) {
    const scheduled = readSchedstat(`${folder}/${tid}`);
    if (scheduled === undefined) continue;
    const waits = FOR_CLIENTS.test(readText(`${folder}/${tid}/wchan`) ?? '');
    threads.set(tid, { wantedMs: scheduled.ranMs + scheduled.waitedMs, waits });
  }
  return threads.size === 0 ? undefined : { at, threads };
}
