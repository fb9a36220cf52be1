import { execFile } from 'node:child_process';

/** A UNIX socket as `ss` has it from the kernel by netlink (net/unix/diag.c), which /proc/net/unix does not show. */
export interface UnixSocket {
  listens: boolean;
  /** Of a listener connections in its queue, and how many beyond which there may be no more (net/unix/af_unix.c unix_recvq_full). */
  received: number;
  limit: number;
  /** Path, with `@` before it where it is abstract; `*`: none. */
  path: string;
  inode: string;
  /** Inode of the other end; `0`: it has none, or accept(2) has not taken it yet. */
  peer: string;
}

/** Far longer than it takes on a busy machine. */
const ANSWER_MS = 5000;
/** Of a machine with some ten thousand. */
const MOST_BYTES = 1 << 25;

/** All of our own network namespace; undefined where there is no `ss`, or it may not ask. */
export function readUnixSockets(): Promise<UnixSocket[] | undefined> {
  return new Promise((resolve) => {
    execFile(
      'ss',
      ['-xanH'],
      { encoding: 'latin1', timeout: ANSWER_MS, maxBuffer: MOST_BYTES },
      (error, text) => resolve(error ? undefined : parseUnixSockets(text)),
    );
  });
}

/** The same from what `ss -xanH` prints: type, state, Recv-Q, Send-Q, path and inode, `*` and the inode of the other end. */
export function parseUnixSockets(text: string): UnixSocket[] {
  const rows = text.matchAll(/^u_\S+\s+(\S+)\s+(\d+)\s+(\d+)\s+(.+?)\s+(\d+)\s+\*\s+(\d+)\s*$/gm);
  return [...rows].map(([, state, received, limit, path = '', inode = '', peer = '']) => ({
    listens: state === 'LISTEN',
    received: Number(received),
    limit: Number(limit),
    path,
    inode,
    peer,
  }));
}
