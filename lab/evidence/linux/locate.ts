import { CannotRunError, UsageError } from '../../../common/errors.ts';
import { findHolders } from '../../../system/proc/holders.ts';
import { canonicalAddress, type Listener, readListeners } from '../../../system/proc/net-tcp.ts';
import { familyOf, hidesOthers, nameOf } from '../../../system/proc/process.ts';
import { readLink } from '../../../system/read.ts';
import { serversAmong } from './own-address.ts';

/** What is asked for: a process, a port, or whatever there is in this pid namespace. */
export interface Wanted {
  pid?: number;
  port?: number;
  /** Where several servers listen on one port: which. */
  address?: string;
  /** Take those as one. */
  anyServer?: boolean;
  /** Only what a process that can be seen here holds: the namespace may be shared with others. */
  ownOnly?: boolean;
}

/** A server: its listeners on one port, and who holds them. */
export interface Located {
  port: number;
  listeners: Listener[];
  /** Other servers' on the same port. */
  others: Listener[];
  holders: number[];
  unseen: string[];
}

/** Docker's resolver inside of a container. */
const NO_SERVER = new Set(['127.0.0.11']);

/**
 * Finds it. `netDir` is that of its network namespace.
 * @throws {UsageError} when there is no such process, or nothing listens; or several ports, or several servers on one, and none was named
 * @throws {CannotRunError} when this user may not see which ports are the process's
 */
export function locate(wanted: Wanted, netDir: string): Located {
  const { pid, port, address } = wanted;
  const where = pid === undefined ? (port === undefined ? 'the server' : `--port ${port}`) : `--pid ${pid}`;
  if (pid !== undefined && nameOf(pid) === undefined) throw noSuchProcess(where);
  const all = readListeners(netDir, port).filter(({ address }) => !NO_SERVER.has(address));
  const named = address === undefined ? all : all.filter((one) => one.address === canonicalAddress(address));
  if (address !== undefined && named.length === 0 && all.length > 0)
    throw new UsageError(
      `--address ${address}: nobody listens there${port === undefined ? '' : ` on port ${port}`}; allowed: ${addressesOf(all).join(', ')}`,
    );
  if (pid === undefined && !wanted.ownOnly) {
    if (named.length === 0)
      throw new UsageError(
        `${where}: nobody listens on it in this network namespace; allowed: a port that ss -ltn shows, or --pid or --container of a server in another`,
      );
    return located(named, all, wanted, where);
  }
  const holders = findHolders(inodesOf(named), pid === undefined ? undefined : familyOf(pid));
  const held = new Set([...holders.inodes.values()].flatMap((inodes) => [...inodes]));
  const theirs = named.filter(({ inode }) => held.has(inode));
  const ports = [...new Set(theirs.map((listener) => listener.port))].sort((a, b) => a - b);
  if (ports.length === 0) {
    if (holders.hidden > 0 && named.length > 0 && port !== undefined)
      return located(named, all, wanted, where);
    if (holders.hidden > 0)
      throw new CannotRunError(
        `${where}: this user may not see the ports of this process; add --port, or run as root or as the server's user`,
      );
    throw new UsageError(
      `${where}: this process listens on no TCP port${port === undefined ? '' : ` ${port}`}; allowed: a process that ss -ltnp shows`,
    );
  }
  if (ports.length > 1)
    throw new UsageError(
      `${where}: this process listens on ${ports.join(', ')}; add --port with one of them`,
    );
  // A worker that shares the listener, or has one of its own at its address, is no relative to be found by name.
  const shared = all.filter((one) =>
    theirs.some((own) => own.port === one.port && own.address === one.address),
  );
  return located(shared, all, wanted, where);
}

/** The server that these listeners are of, among all. @throws {UsageError} when they are of several */
function located(listeners: Listener[], all: readonly Listener[], wanted: Wanted, where: string): Located {
  const port = listeners[0]?.port ?? 0;
  const { pids, inodes, hidden } = findHolders(inodesOf(listeners));
  const holdersOf = ({ inode }: Listener) => pids.filter((pid) => inodes.get(pid)?.has(inode));
  const servers = wanted.anyServer
    ? []
    : serversAmong(listeners, holdersOf, (pid) => readLink(`/proc/${pid}/exe`));
  if (servers.length > 1)
    throw severalServers(servers, holdersOf, { port, where, byPid: wanted.pid !== undefined });
  const mayBeHidden = hidden > 0 || hidesOthers();
  const whyNobody = mayBeHidden
    ? `which process has port ${port}, and its descriptors, nofile, CPU and memory: run as root, or as the server's user`
    : `the process behind port ${port}: no process of this pid namespace has the listener`;
  return {
    port,
    listeners,
    others: all.filter((one) => one.port === port && !listeners.includes(one)),
    holders: pids,
    unseen: pids.length === 0 ? [whyNobody] : [],
  };
}

function severalServers(
  servers: readonly Listener[][],
  holdersOf: (listener: Listener) => readonly number[],
  { port, where, byPid }: { port: number; where: string; byPid: boolean },
): UsageError {
  const pidsOf = (server: readonly Listener[]) => [...new Set(server.flatMap(holdersOf))];
  const sorted = servers.toSorted((a, b) => (addressesOf(a).join() < addressesOf(b).join() ? -1 : 1));
  const words = sorted.map((server) => {
    const [pid] = pidsOf(server);
    const who =
      pid === undefined ? 'of a process that this user may not see' : `${nameOf(pid) ?? '?'}, --pid ${pid}`;
    return `${addressesOf(server).join(' and ')} (${who})`;
  });
  const addresses = sorted.map((server) => addressesOf(server)[0]).join(', ');
  const seen = servers.every((server) => pidsOf(server).length > 0) && !byPid;
  return new UsageError(
    `${where}: ${servers.length} servers listen on port ${port}: ${words.join(', ')}; add ${seen ? '--pid with one of these, or ' : ''}--address with one of ${addresses}`,
  );
}

/** Of a process that is not there, or that this user may not know of. */
export function noSuchProcess(where: string): UsageError | CannotRunError {
  if (hidesOthers())
    return new CannotRunError(
      `${where}: no process that this user can see, and /proc hides those of others (hidepid); run as root or as the server's user`,
    );
  return new UsageError(`${where}: no such process; allowed: the pid of a running process`);
}

/** Of a server that was there a moment ago. */
export function endedMeanwhile(where: string): UsageError {
  return new UsageError(`${where}: the server ended during the search; allowed: a server that listens`);
}

const addressesOf = (listeners: readonly Listener[]) =>
  [...new Set(listeners.map(({ address }) => address))].sort();
const inodesOf = (listeners: readonly Listener[]) => new Set(listeners.map(({ inode }) => inode));

/** The other ports of a network namespace that somebody listens on. */
export function otherPorts(netDir: string, port: number): number[] {
  const others = readListeners(netDir).filter((one) => one.port !== port && !NO_SERVER.has(one.address));
  return [...new Set(others.map((one) => one.port))].sort((a, b) => a - b);
}
