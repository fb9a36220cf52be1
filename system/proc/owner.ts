import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTEN = '0A';
const TIME_WAIT = '06';

/** The sockets of a local port, from /proc/net/tcp and tcp6 (net/ipv4/tcp_ipv4.c tcp4_seq_show). */
export interface PortSockets {
  /** Inode of a listener; undefined when there is none. */
  listener: string | undefined;
  /** Sockets in any state but LISTEN and TIME_WAIT. */
  connections: number;
}

/** Reads all sockets of `port` below a folder such as /proc/self/net. A file that is not there holds none. */
export function readPortSockets(netDir: string, port: number): PortSockets {
  const found: PortSockets = { listener: undefined, connections: 0 };
  for (const file of ['tcp', 'tcp6']) {
    const { listener, connections } = parsePortSockets(textOf(`${netDir}/${file}`), port);
    found.listener ??= listener;
    found.connections += connections;
  }
  return found;
}

/** The same from the text of one such file. */
export function parsePortSockets(text: string, port: number): PortSockets {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const found: PortSockets = { listener: undefined, connections: 0 };
  for (const line of text.split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (!local?.endsWith(suffix)) continue;
    if (state === LISTEN) found.listener ??= inode;
    else if (state !== TIME_WAIT) found.connections += 1;
  }
  return found;
}

/**
 * The process of this pid namespace that holds a socket, the lowest when several do; undefined when none can be seen.
 * To look into a process of another user takes CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH (fs/proc/fd.c
 * proc_fd_permission, fs/proc/base.c proc_pid_readlink).
 */
export function findOwner(inode: string): number | undefined {
  const wanted = `socket:[${inode}]`;
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.sort((a, b) => a - b).find((pid) => holds(pid, wanted));
}

function holds(pid: number, wanted: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === wanted);
  } catch {
    return false;
  }
}

function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since the folder was read.
    return undefined;
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
