import { CannotRunError, UsageError } from '../../../common/errors.ts';
import { findHolders, type Holders } from '../../../system/proc/holders.ts';
import { type Listener, readListeners } from '../../../system/proc/net-tcp.ts';
import { familyOf, nameOf } from '../../../system/proc/process.ts';

/** What is asked for: a process, a port, or whatever there is in this pid namespace. */
export interface Wanted {
  pid?: number;
  port?: number;
  /** Only what a process that can be seen here holds: the namespace may be shared with others. */
  ownOnly?: boolean;
}

/** A server: its listeners on one port, and who holds them. */
export interface Located {
  port: number;
  listeners: Listener[];
  holders: number[];
  unseen: string[];
}

/** Docker's resolver inside of a container. */
const NO_SERVER = new Set(['127.0.0.11']);

/**
 * Finds it. `netDir` is that of its network namespace.
 * @throws {UsageError} when there is no such process, or nothing listens; or several ports, and none was named
 * @throws {CannotRunError} when this user may not see which ports are the process's
 */
export function locate(wanted: Wanted, netDir: string): Located {
  const { pid, port } = wanted;
  const where = pid === undefined ? (port === undefined ? 'the server' : `--port ${port}`) : `--pid ${pid}`;
  if (pid !== undefined && nameOf(pid) === undefined)
    throw new UsageError(`${where}: there is no such process`);
  const named = readListeners(netDir, port).filter(({ address }) => !NO_SERVER.has(address));
  if (pid === undefined && !wanted.ownOnly) {
    if (named.length === 0)
      throw new UsageError(
        `${where}: nobody listens on it in this network namespace; allowed: a port that ss -ltn shows, or --pid or --container of a server in another`,
      );
    return located(named, findHolders(inodesOf(named)));
  }
  const holders = findHolders(inodesOf(named), pid === undefined ? undefined : familyOf(pid));
  const held = new Set([...holders.inodes.values()].flatMap((inodes) => [...inodes]));
  const theirs = named.filter(({ inode }) => held.has(inode));
  const ports = [...new Set(theirs.map((listener) => listener.port))].sort((a, b) => a - b);
  if (ports.length === 0) {
    if (holders.hidden > 0 && named.length > 0 && port !== undefined) return located(named, holders);
    if (holders.hidden > 0)
      throw new CannotRunError(
        `${where}: this user may not see what it listens on; add --port, or run as root or as the server's user`,
      );
    throw new UsageError(
      `${where}: it listens on no TCP port${port === undefined ? '' : ` ${port}`}; allowed: a process that ss -ltnp shows`,
    );
  }
  if (ports.length > 1)
    throw new UsageError(`${where}: it listens on ${ports.join(', ')}; add --port with one of them`);
  // A worker that shares the listener is no relative to be found by name: whoever holds the same socket is of the server.
  return located(theirs, findHolders(inodesOf(theirs)));
}

function located(listeners: Listener[], { pids, hidden }: Holders): Located {
  const port = listeners[0]?.port ?? 0;
  const whyNobody =
    hidden > 0
      ? `whose port ${port} is, and with it descriptors, nofile, CPU and memory: run as root, or as the server's user`
      : `the process behind port ${port}: no process of this pid namespace holds the listener`;
  return { port, listeners, holders: pids, unseen: pids.length === 0 ? [whyNobody] : [] };
}

const inodesOf = (listeners: Listener[]) => new Set(listeners.map(({ inode }) => inode));

/** The other ports of a network namespace that somebody listens on. */
export function otherPorts(netDir: string, port: number): number[] {
  const others = readListeners(netDir).filter((one) => one.port !== port && !NO_SERVER.has(one.address));
  return [...new Set(others.map((one) => one.port))].sort((a, b) => a - b);
}
