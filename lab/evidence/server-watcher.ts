import { writeSync } from 'node:fs';
import { foreseen } from '../../common/errors.ts';
import type {
  HolderSample,
  HolderState,
  ServerSample,
  SnapshotLine,
} from '../../protocol/observer-events.ts';
import type { Counters } from '../../system/counters.ts';
import { readConnections } from '../../system/proc/connections.ts';
import { type Listener, readListeners } from '../../system/proc/listeners.ts';
import { readCounters } from '../../system/proc/net-counters.ts';
import { findHolders } from '../../system/proc/owner.ts';
import {
  countDescriptors,
  listDescriptors,
  nameOf,
  ownerOf,
  readEnding,
  readNofile,
  readStat,
  readWanted,
} from '../../system/proc/process.ts';
import { readSysctls } from '../../system/proc/sysctls.ts';
import { laterListenerStats, readListenerStats } from '../../system/ss.ts';
import { cgroupReader } from './linux/cgroup-counts.ts';
import { type Located, locate } from './linux/locate.ts';
import { findWorkers } from './linux/workers.ts';

/**
 * Watches a server that is not ours and says nothing of itself. Run in its network namespace (or, where that cannot be entered,
 * with NET_DIR=/proc/PID/net) with SERVER_PID or SERVER_PORT, it writes what the observer beside our gateway writes, and more of
 * what a stranger's server must be asked for: all processes that hold the listener, the connections of the port, the backlog.
 */
const { env } = process;
const NET = env.NET_DIR ?? '/proc/self/net';
/** Goes with the process whose folder it is: then another holder's is taken, and with the last of them nothing can be read any more. */
let net: string | undefined = NET;
const inside = env.NET_DIR === undefined;
const everyMs = Number(env.OBSERVE_MS ?? 50);

/** The table of thousands of sockets is dear to read, and so is looking through all processes: at most this part of the time each. */
const SHARE = 1 / 10;
const STATS_MS = 500;
const LOOK_MS = 1000;

function found(): Located {
  try {
    return locate(
      {
        ...(env.SERVER_PID ? { pid: Number(env.SERVER_PID) } : {}),
        ...(env.SERVER_PORT ? { port: Number(env.SERVER_PORT) } : {}),
        ownOnly: env.OWN_ONLY === '1',
      },
      NET,
    );
  } catch (error) {
    const known = foreseen(error);
    if (known === undefined) throw error;
    process.stderr.write(`${known.message}\n`);
    process.exit(known.exitCode);
  }
}

const server = found();
const { port } = server;
const startedAt = Date.now();
const cpuAtStart = process.cpuUsage();
let samples = 0;

function holderState(pid: number): HolderState | undefined {
  const limits = readNofile(pid);
  const descriptors = listDescriptors(pid);
  if (limits === undefined || descriptors === undefined) return undefined;
  return {
    pid,
    name: nameOf(pid) ?? '?',
    user: ownerOf(pid) ?? -1,
    nofileSoft: limits.soft,
    nofileHard: limits.hard,
    descriptors,
  };
}

const holders = new Set(server.holders);
// Who listens may be hidden from this user; that the process lives, and how it ends, is not.
if (env.SERVER_PID && holders.size === 0) holders.add(Number(env.SERVER_PID));
for (const pid of findWorkers(holders, new Map())) holders.add(pid);
const readCgroup = cgroupReader(env.OWN_ONLY === '1' ? undefined : server.holders[0]);

function snapshot(when: SnapshotLine['when'], counters: Counters): void {
  const { user, system } = process.cpuUsage(cpuAtStart);
  const line: SnapshotLine = {
    event: 'snapshot',
    at: Date.now(),
    when,
    counters,
    // The files show the reader's own namespace.
    sysctls: inside ? readSysctls() : {},
    server: {
      port,
      addresses: server.listeners.map(({ address }) => (address === '::' && !only6 ? '*' : address)),
      ...(backlog === undefined ? {} : { backlog }),
      holders: [...holders].flatMap((pid) => holderState(pid) ?? []),
      unseen,
    },
    cost: { cpuMicros: user + system, wallMs: Date.now() - startedAt, samples },
  };
  writeSync(1, `${JSON.stringify(line)}\n`);
}

const stats = inside ? readListenerStats(port) : undefined;
const backlog = stats?.length ? Math.min(...stats.map((listener) => listener.backlog)) : undefined;
const only6 = stats?.some(({ address }) => address === '[::]') ?? false;
const dropsOf = (all: typeof stats) => all?.reduce((sum, { drops = 0 }) => sum + drops, 0);
const dropsBefore = dropsOf(stats) ?? 0;
let drops: number | undefined;

const unseen = [...server.unseen];
if (!inside)
  unseen.push(
    "the sysctls and the backlog in force: they show in the server's network namespace alone, which takes root to enter",
  );
else if (stats === undefined)
  unseen.push(
    'the backlog in force and the drops of this one listener: ss is not installed (apt-get install iproute2)',
  );

const before = readCounters(NET);
snapshot('before', before);

/** When something that takes long may be done again, so that it takes no more than its share of the time. */
function rarely<T>(least: number, work: () => T): () => T | undefined {
  let nextAt = 0;
  return () => {
    const from = performance.now();
    if (from < nextAt) return undefined;
    const spent = process.cpuUsage();
    const result = work();
    // What it cost, not how long it took: on a busy machine it has to wait for a processor.
    const { user, system } = process.cpuUsage(spent);
    nextAt = from + Math.max(least, (user + system) / 1000 / SHARE);
    return result;
  };
}

const connectionsNow = rarely(0, () => (net === undefined ? undefined : readConnections(net, port)));
const inodes = new Set(server.listeners.map(({ inode }) => inode));

/** Workers come and go; those that a listener was opened anew for as well. */
const lookForMore = rarely(LOOK_MS, (): HolderState[] => {
  for (const listener of listenersNow()) if (listener.port === port) inodes.add(listener.inode);
  // One look at everybody's descriptors tells who holds a listener and who holds connections.
  const held = findHolders(new Set([...inodes, ...taken])).inodes;
  const listens = (pid: number) => [...(held.get(pid) ?? [])].some((inode) => inodes.has(inode));
  const listening = [...held.keys()].filter((pid) => !holders.has(pid) && listens(pid));
  const more = [...listening, ...findWorkers(new Set([...holders, ...listening]), held)];
  for (const pid of more) holders.add(pid);
  return more.flatMap((pid) => holderState(pid) ?? []);
});
let taken: string[] = [];

function listenersNow(): Listener[] {
  return net === undefined ? [] : readListeners(net);
}

/** The folder of a holder that lives: it shows the same namespace if a listener of the server is in it. */
function netOfAnother(): string | undefined {
  return [...holders]
    .map((pid) => `/proc/${pid}/net`)
    .find((dir) => countersOf(dir) && readListeners(dir).some(({ inode }) => inodes.has(inode)));
}

/** Undefined where the process whose folder it is has gone. */
function countersOf(dir: string): Counters | undefined {
  try {
    return readCounters(dir);
  } catch (error) {
    // One's own is always there.
    if (inside) throw error;
    return undefined;
  }
}

/** Undefined once the namespace cannot be seen any more. */
function countersNow(): Counters | undefined {
  if (net === undefined) return undefined;
  const seen = countersOf(net);
  if (seen !== undefined) return seen;
  net = netOfAnother();
  return net === undefined ? undefined : countersOf(net);
}

lookForMore();

function askStats(): void {
  if (!inside || stats === undefined) return;
  laterListenerStats(port).then((now) => {
    const total = dropsOf(now);
    if (total !== undefined && now?.length) drops = Math.max(0, total - dropsBefore);
  });
}

/** Its number may soon be another's. */
const gone = new Set<number>();

function holderSample(pid: number): HolderSample {
  if (gone.has(pid)) return { state: 'gone' };
  const stat = readStat(pid);
  const descriptors = countDescriptors(pid);
  const wantedMs = readWanted(pid);
  const ended = stat?.state === 'Z' ? readEnding(pid) : undefined;
  if (stat === undefined) gone.add(pid);
  return {
    state: stat?.state ?? 'gone',
    ...(descriptors === undefined ? {} : { descriptors }),
    ...(stat ? { cpuMs: stat.cpuMs, rss: stat.rss, threads: stat.threads } : {}),
    ...(wantedMs === undefined ? {} : { wantedMs }),
    ...(ended ? { ended } : {}),
  };
}

let lastOpen = new Map<string, boolean>();
function connectionSample(): Partial<ServerSample> {
  const counted = connectionsNow();
  if (counted === undefined) return {};
  const { open, inodes: accepted, closedFirst } = counted;
  const came: number[] = [];
  const nowTaken: number[] = [];
  // Not by their inodes: the file is read in pieces, and may show one connection twice.
  let held = 0;
  for (const [remote, isTaken] of open) {
    const before = lastOpen.get(remote);
    const peer = Number.parseInt(remote.slice(-4), 16);
    if (before === undefined) came.push(peer);
    if (isTaken) held += 1;
    if (isTaken && before !== true) nowTaken.push(peer);
  }
  lastOpen = open;
  taken = accepted;
  return {
    connections: open.size,
    stayed: open.size - came.length,
    held,
    heldStayed: held - nowTaken.length,
    closedFirst,
    ...(came.length > 0 ? { came } : {}),
    ...(nowTaken.length > 0 ? { taken: nowTaken } : {}),
  };
}

let last = before;
function observe(): void {
  samples += 1;
  const at = Date.now();
  const now = countersNow() ?? last;
  // After it: whoever the counter knows of has been there by now, and is still, or has gone again.
  const connections = connectionSample();
  const deltas: Counters = {};
  for (const name in now) {
    const value = now[name] as number;
    if (value !== last[name]) deltas[name] = value - (before[name] ?? 0);
  }
  last = now;
  const queues = listenersNow().filter((listener) => listener.port === port);
  const joined = lookForMore() ?? [];
  writeSync(
    1,
    `${JSON.stringify({
      event: 'observed',
      at,
      ...(queues.length > 0 ? { acceptQueue: Math.max(...queues.map(({ waiting }) => waiting)) } : {}),
      state: '?',
      deltas,
      server: {
        holders: Object.fromEntries([...holders].map((pid) => [pid, holderSample(pid)])),
        ...(joined.length > 0 ? { joined } : {}),
        ...connections,
        ...(queues.length > 0 ? { waiting: queues.reduce((sum, { waiting }) => sum + waiting, 0) } : {}),
        ...(drops === undefined ? {} : { drops }),
        ...readCgroup(),
      },
    })}\n`,
  );
}

observe();
const timer = setInterval(observe, everyMs);
const asking = setInterval(askStats, STATS_MS);

async function end(): Promise<void> {
  clearInterval(timer);
  clearInterval(asking);
  if (inside && stats !== undefined) {
    const total = dropsOf(await laterListenerStats(port));
    if (total) drops = Math.max(0, total - dropsBefore);
  }
  observe();
  snapshot('after', last);
  process.exit(0);
}

process.once('SIGTERM', end);
process.once('SIGINT', end);
if (env.LIFELINE === 'stdin') process.stdin.resume().once('end', end).once('error', end);
