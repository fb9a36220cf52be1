/** Who sent a signal: by its number where processes are told of, and its name; neither where it had gone by then. */
export interface Sender {
  pid?: number;
  name?: string;
}

/**
 * What the kernel told of a process of the server, as it happened (tracefs, so root alone). `pid` as the watcher numbers it; `at` is ms
 * since the epoch.
 */
export type ProcessLine = { event: 'process'; at: number; pid: number } & (
  | {
      what: 'signal';
      signal: string;
      /** Absent: the kernel itself (a fault, a terminal). */
      by?: Sender;
    }
  /** It calls exit_group(2). */
  | { what: 'exit'; code: number }
  /** The kernel chose it to be killed for want of memory (mm/oom_kill.c). */
  | { what: 'oom' }
  /** So many times clone(2) or fork(2) of it came back with EAGAIN: it was at a limit of processes or threads. */
  | { what: 'refused'; count: number }
);

/** Connects to the server's port that its kernel answered by an RST, since nobody listened there: the clients' ports, one for each. */
export interface RefusalsLine {
  event: 'refusals';
  at: number;
  ports: number[];
  /** Those of clients on its kernel that were refused by an RST in its name that no TCP had sent: a packet filter did. */
  forged?: number[];
  /** Those that ended without any answer of TCP: by an ICMP error, or since they would not wait. */
  unanswered?: number[];
  /** At an address at which somebody in another network namespace listens as well: whose they were is not known. */
  shared?: true;
}
