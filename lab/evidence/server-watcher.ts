import { defined } from '../../common/defined.ts';
import { foreseen } from '../../common/errors.ts';
import { retryUntil } from '../../common/waiting.ts';
import type {
  HolderSample,
  HolderState,
  ObservedLine,
  ServerSample,
  SnapshotLine,
} from '../../protocol/observer-events.ts';
import { SYSCTLS } from '../../protocol/settings.ts';
import type { Counters } from '../../system/counters.ts';
import { countDescriptors } from '../../system/descriptors.ts';
import { readBootId } from '../../system/host.ts';
import { addressesOfInterfaces, scopeOf } from '../../system/interfaces.ts';
import { thisNamespaces } from '../../system/pid-place.ts';
import { findHolders } from '../../system/proc/holders.ts';
import { readCounters } from '../../system/proc/net-counters.ts';
import {
  canonicalAddress,
  countConnections,
  type Listener,
  readListeners,
} from '../../system/proc/net-tcp.ts';
import { nameOf } from '../../system/proc/process.ts';
import { endingOf, readStat } from '../../system/proc/stat.ts';
import { type ListenerStats, readListenerStats } from '../../system/ss.ts';
import { readSysctls } from '../../system/sysctls.ts';
import { beginLooks } from './linux/beside-looks.ts';
import { cgroupReader } from './linux/cgroup-counts.ts';
import { GoneClients } from './linux/ledger/clients-gone.ts';
import { LedgerWitness } from './linux/ledger/ledger-witness.ts';
import { PortLooks } from './linux/ledger/port-looks.ts';
import { endedMeanwhile, type Located, locate, otherPorts } from './linux/locate.ts';
import { sampleOf, stateOf } from './linux/observed-process.ts';
import { ownConnections, ownListeners } from './linux/own-address.ts';
import { CALM_SHARE, rarely, SHARE } from './linux/rarely.ts';
import { SeldomListeners } from './linux/seldom-listeners.ts';
import { Unread } from './linux/unread.ts';
import { findWorkers } from './linux/workers.ts';
import { connectionsMoved, costSoFar, movedSince, whenTold, writeLine } from './observing.ts';

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

/** Of the table of sockets, which is dear to read, in the long run, once it has cost so much: how connections come is mostly seen in the first seconds. */
const LONG_RUN = { share: 1 / 40, ms: 800 };
const STATS_MS = 500;
const LOOK_MS = 1000;

const wanted = {
  ...defined({
    pid: env.SERVER_PID ? Number(env.SERVER_PID) : undefined,
    port: env.SERVER_PORT ? Number(env.SERVER_PORT) : undefined,
    address: env.SERVER_ADDRESS,
  }),
  ownOnly: env.OWN_ONLY === '1',
};

/** Tries for AWAIT_MS: the server may have been started a moment ago. */
async function found(): Promise<Located> {
  let missing: unknown;
  const attempt = () => {
    try {
      return locate(wanted, NET);
    } catch (error) {
      missing = error;
      return undefined;
    }
  };
  const located = await retryUntil(attempt, { everyMs: 50, forMs: Number(env.AWAIT_MS ?? 0) });
  if (located) return located;
  return refuse(missing);
}

/** In one line, where it was foreseen. */
function refuse(error: unknown): never {
  const known = foreseen(error);
  if (known === undefined) throw error;
  process.stderr.write(`${known.message}\n`);
  process.exit(known.exitCode);
}

/** Its number may soon be another's. */
const gone = new Set<number>();

const server = await found();
const { port } = server;
const otherAddresses = server.others.map(({ address }) => address);
const isOwn = ownListeners(server.listeners, server.others);
const isOwnConnection = ownConnections(server.listeners, server.others);
let samples = 0;

function holderState(pid: number): HolderState[] {
  const state = stateOf(pid);
  return state ? [{ name: nameOf(pid) ?? '?', ...state, ...defined({ parent: readStat(pid)?.parent }) }] : [];
}

const holders = new Set(server.holders);
// Who listens may be hidden from this user; that the process lives, and how it ends, is not.
if (env.SERVER_PID && holders.size === 0) holders.add(Number(env.SERVER_PID));
for (const pid of findWorkers(holders, new Map())) holders.add(pid);
const [first] = env.OWN_ONLY === '1' ? [] : server.holders;
const readCgroup = first === undefined ? () => ({}) : cgroupReader(first);

function snapshot(when: SnapshotLine['when'], counters: Counters): void {
  writeLine({
    event: 'snapshot',
    at: Date.now(),
    when,
    counters,
    // The files show the reader's own namespace.
    sysctls: inside ? readSysctls(SYSCTLS) : {},
    ...defined({ bootId: readBootId(), namespaces: inside ? thisNamespaces() : undefined }),
    server: {
      port,
      addresses: server.listeners.map(({ address }) => (address === '::' && !only6 ? '*' : scoped(address))),
      ...defined({ backlog }),
      holders: [...holders].flatMap(holderState),
      others: otherPorts(NET, port),
      ...(inside ? { interfaces: addressesOfInterfaces() } : {}),
      ...(otherAddresses.length > 0 ? { otherAddresses } : {}),
      unseen,
    },
    cost: costSoFar(samples),
  });
}

/** Of this server's listeners alone. */
async function statsNow(): Promise<ListenerStats[] | undefined> {
  const all = await readListenerStats(port);
  return all?.filter(({ address }) => isOwn?.(canonicalAddress(address)) ?? true);
}

/** An address that holds on one interface alone says on which. */
function scoped(address: string): string {
  const scope = inside ? scopeOf(address) : undefined;
  return scope === undefined ? address : `${address}%${scope}`;
}

const stats = inside ? await statsNow() : undefined;
const backlog = stats?.length ? Math.min(...stats.map((listener) => listener.backlog)) : undefined;
const only6 = stats?.some(({ address }) => address === '[::]') ?? false;
/** A listener that is bound to an interface takes what comes by that alone, which its address does not say. */
const isBound = stats?.some(({ address }) => address.includes('%')) ?? false;
const dropsOf = (all: typeof stats) => all?.reduce((sum, { drops = 0 }) => sum + drops, 0);
let dropsBefore = dropsOf(stats) ?? 0;
let dropsLast = dropsBefore;
let drops: number | undefined;

/** A listener that is opened anew counts from 0. */
function countDrops(now: typeof stats): void {
  const total = dropsOf(now);
  if (total === undefined || now?.length === 0) return;
  if (total < dropsLast) dropsBefore -= dropsLast;
  dropsLast = total;
  drops = total - dropsBefore;
}

const unseen = [...server.unseen];
if (!inside)
  unseen.push(
    "the sysctls and the backlog in force: only root can enter the server's network namespace, where they show",
  );
else if (stats === undefined)
  unseen.push(
    'the backlog in force and the drops of this one listener: ss is not installed (apt-get install iproute2)',
  );

const looks = new PortLooks(port, SHARE, isOwnConnection, LONG_RUN);
const ledger = await LedgerWitness.begin(
  {
    port,
    ...defined({ isOwn: isOwnConnection }),
    pid: () => (holders.size === 1 ? [...holders][0] : undefined),
    onMoved: () => looks.hint(),
    write: writeLine,
  },
  inside ? undefined : "the server's network namespace cannot be entered without root",
);
if (ledger?.missing) unseen.push(`how each connection ended: ${ledger.missing}`);

const before = firstCounters();
snapshot('before', before);

/** With NET_DIR the folder goes with its process. */
function firstCounters(): Counters {
  const counters = countersOf(NET);
  if (counters && listenersNow().length > 0) return counters;
  const where = env.SERVER_PID ? `--pid ${env.SERVER_PID}` : `--port ${port}`;
  return refuse(endedMeanwhile(where));
}

function connectionsNow() {
  const look = net === undefined ? undefined : looks.lookIfDue(net, ledger?.wanted);
  if (look) ledger?.look(look);
  return look && { ...countConnections(look), clientsGone: goneClients.count(look.rows, look.from) };
}
const goneClients = new GoneClients();
const inodes = new Set(server.listeners.map(({ inode }) => inode));

interface Look {
  joined: HolderState[];
  left: number[];
}

/** Workers come and go; those that a listener was opened anew for as well. */
const lookForMore = rarely(LOOK_MS, (): Look => {
  for (const { inode } of listenersNow()) inodes.add(inode);
  // One look at everybody's descriptors tells who holds a listener and who holds connections.
  const held = findHolders(new Set([...inodes, ...taken])).inodes;
  const listens = (pid: number) => [...(held.get(pid) ?? [])].some((inode) => inodes.has(inode));
  const listening = [...held.keys()].filter((pid) => !holders.has(pid) && listens(pid));
  const more = [...listening, ...findWorkers(new Set([...holders, ...listening]), held)];
  for (const pid of more) holders.add(pid);
  const listen = [...held.keys()].filter(listens);
  // Of a listener that was closed by all nobody has taken over.
  // One that is ending has no descriptors at all (kernel/exit.c exit_files): it has handed on nothing.
  const lives = (pid: number) => (countDescriptors(pid) ?? 0) > 0;
  const left = [...listened].filter((pid) => listen.length > 0 && !listens(pid) && lives(pid));
  listened = new Set(listen);
  return { joined: more.flatMap(holderState), left };
});
/** The holders that the last look saw to hold a listener. */
let listened = new Set(server.holders);
let taken: string[] = [];

function listenersNow() {
  if (net === undefined) return [];
  return readListeners(net, port).filter(({ address }) => isOwn?.(address) ?? true);
}

/** The folder of a holder that lives: it shows the same namespace if a listener of the server is in it. */
function netOfAnother(): string | undefined {
  return [...holders]
    .map((pid) => `/proc/${pid}/net`)
    .find((dir) => countersOf(dir) && readListeners(dir, port).some(({ inode }) => inodes.has(inode)));
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
  statsNow().then(countDrops);
}

function holderSample(pid: number): HolderSample {
  const stat = gone.has(pid) ? undefined : readStat(pid);
  if (stat === undefined) {
    gone.add(pid);
    return { state: 'gone' };
  }
  const ended = stat.state === 'Z' ? endingOf(stat.exitStatus) : undefined;
  return { ...sampleOf(pid, stat), ...defined({ ended }) };
}

const hasEnded = ({ state }: HolderSample) => state === 'gone' || state === 'Z';

/** At the last sample: how many had ended, and which listeners there were. */
let ended = 0;
let listening = listenersNow();
const seldom = new SeldomListeners(port, CALM_SHARE);

function listenersAt(counters: Counters, changed: boolean) {
  if (net === undefined) return [];
  return seldom.read(net, counters, changed).filter(({ address }) => isOwn?.(address) ?? true);
}

/**
 * What its processes are doing, and its listeners after them: those of a process that has ended are closed. Where one has gone, or a
 * listener has come or gone, those who come after them are looked for at once.
 */
function lookAtHolders(counters: Counters) {
  const now = new Map([...holders].map((pid) => [pid, holderSample(pid)]));
  const endedNow = [...now.values()].filter(hasEnded).length;
  const listeners = listenersAt(counters, endedNow !== ended);
  const same = listeners.filter(({ inode }) => listening.some((one) => one.inode === inode)).length;
  const reopened = same === 0 && listeners.length > 0 && listening.length > 0;
  const closed = listening.length - same;
  const moved = same < Math.max(listeners.length, listening.length);
  const { joined = [], left = [] } = lookForMore(moved || endedNow > ended) ?? {};
  [ended, listening] = [endedNow, listeners];
  for (const { pid } of joined) now.set(pid, holderSample(pid));
  return { now, listeners, reopened, closed, joined, left };
}

/** Where others listen on the port as well, each has what comes to its own address. */
const servedBy = (listeners: readonly Listener[]) => (host: string) =>
  !isBound &&
  listeners.some(({ address }) => [host, '0.0.0.0', ...(only6 ? [] : ['::'])].includes(address)) &&
  (isOwnConnection?.(host) ?? true);

const lookBeside = beginLooks();
let lastOpen = new Map<string, boolean>();
const unread = new Unread();
function connectionSample(): Partial<ServerSample> & Pick<ObservedLine, 'clientsGone'> {
  const counted = connectionsNow();
  if (counted === undefined) return {};
  const { open, inodes: accepted, closedFirst, sockets, clientsGone } = counted;
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
    sockets,
    ...defined({ clientsGone }),
    ...unread.at(performance.now(), counted),
    ...(came.length > 0 ? { came } : {}),
    ...(nowTaken.length > 0 ? { taken: nowTaken } : {}),
  };
}

let last = before;
function observe(): void {
  samples += 1;
  const at = Date.now();
  const now = countersNow() ?? last;
  if (connectionsMoved(last, now)) looks.hint();
  // After it: whoever the counter knows of has been there by now, and is still, or has gone again.
  const { clientsGone, ...connections } = connectionSample();
  const deltas = movedSince(last, now, before);
  last = now;
  const { now: states, listeners, reopened, closed, joined, left } = lookAtHolders(now);
  const waiting = listeners.map((listener) => listener.waiting);
  if (waiting.some((queued) => queued > 0)) looks.hint();
  writeLine({
    event: 'observed',
    at,
    ...(waiting.length > 0 ? { acceptQueue: Math.max(...waiting) } : {}),
    state: '?',
    ...defined({ clientsGone }),
    deltas,
    server: {
      holders: Object.fromEntries(states),
      ...(joined.length > 0 ? { joined } : {}),
      ...(left.length > 0 ? { left } : {}),
      ...(reopened ? { reopened } : {}),
      ...(closed > 0 ? { closed } : {}),
      ...connections,
      ...(waiting.length > 0 ? { waiting: waiting.reduce((sum, queued) => sum + queued, 0) } : {}),
      ...defined({ drops }),
      ...readCgroup(),
      ...(net === undefined
        ? {}
        : lookBeside({ port, net, inside, holders, counters: now, serves: servedBy(listeners) })),
    },
  });
}

observe();
const timer = setInterval(observe, everyMs);
const asking = setInterval(askStats, STATS_MS);

whenTold(async () => {
  clearInterval(timer);
  clearInterval(asking);
  if (inside && stats !== undefined) {
    countDrops(await statsNow());
  }
  observe();
  await ledger?.end(() => (net === undefined ? undefined : looks.look(net, ledger.wanted)));
  snapshot('after', last);
  process.exit(0);
});
