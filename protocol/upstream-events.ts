/**
 * What a server does as a client: towards its upstreams. Told beside what it is as a server (protocol/observer-events.ts), and by the
 * kernel's own events (protocol/trace-events.ts).
 */

/** Sockets of a server towards one remote end, and how many more there can be. */
export interface UpstreamEnd {
  /** `127.0.0.1:9000`, `[::1]:9000`. */
  remote: string;
  /** Sockets of the server's processes with that remote end, in any state. */
  sockets: number;
  /** Those of them whose SYN nobody has answered yet. */
  unanswered: number;
  /** Those that a process of the server's holds, and whose SYN was answered; absent: not told. */
  through?: number;
  /** Local ports that a socket from the same address to that remote end may have, and those of them that none keeps; absent: not known. */
  width?: number;
  free?: number;
}

/** The accept queue of somebody to whom the server is connected. */
export interface UpstreamQueue {
  /** `127.0.0.1:9000`; of a UNIX socket its path, of an abstract one with `@` before it. */
  name: string;
  kind: 'tcp' | 'unix';
  /** Connections in it. */
  waiting: number;
  /** Its backlog: full, it has one more (include/net/sock.h sk_acceptq_is_full, net/unix/af_unix.c unix_recvq_full). */
  backlog: number;
  /** Packets that this listener has dropped since it was opened. */
  drops?: number;
}

/** What was seen at one look. */
export interface UpstreamSample {
  ends: UpstreamEnd[];
  queues: UpstreamQueue[];
}

/**
 * Why no connection came of a connect(2) of the server's, by errno (include/uapi/asm-generic/errno.h). EADDRNOTAVAIL: no local port
 * is left; ECONNREFUSED: an RST came; EAGAIN: the queue of a UNIX listener is full; ETIMEDOUT: the kernel gave up; ECANCELED: the server
 * itself did, no answer having come.
 */
export type ConnectError = 'EADDRNOTAVAIL' | 'ECONNREFUSED' | 'EAGAIN' | 'ETIMEDOUT' | 'ECANCELED';

/** One connection that the server wanted and did not get. */
export interface FailedConnect {
  /** When it was told so, ms since the epoch. */
  at: number;
  error: ConnectError;
  /** To where, `127.0.0.1:9000`; absent: not known, as of any UNIX socket. */
  to?: string;
}

/** Connections that the server wanted of others and got, over a time. */
export interface MadeConnects {
  /** Of TCP, by remote end, `127.0.0.1:9000`; of too many ends those of the rest are under ``. */
  to: Record<string, number>;
  /** Calls of connect(2) that came back with success at once: of UNIX and UDP sockets, and of TCP ones that wait in it, which are in `to` too. */
  atOnce: number;
}

/** Those that the kernel's trace has told of since the last such line: it is written where there are some, and at the end. */
export interface FailedConnectsLine {
  event: 'failed-connects';
  at: number;
  connects: FailedConnect[];
  /** Absent: none since then. */
  made?: MadeConnects;
}
