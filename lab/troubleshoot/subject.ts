/** A process that is looked at. */
export interface Watched {
  pid: number;
  name: string;
  /** RLIMIT_NOFILE, soft; absent: the system does not show it. */
  nofile?: number;
}

/** What the steps look at. */
export interface Subject {
  os: 'linux' | 'darwin';
  port: number;
  /** Somebody listens on that port. */
  listening: boolean;
  /** The process that listens; absent: none, or it is hidden from this user. */
  server?: Watched;
  /** All processes that have the listener. */
  pids: number[];
  /** Why there is no server to look at. */
  missing?: string;
  /** Stands before a command so that it runs in the server's network namespace; empty: it is our own. */
  prefix: string;
  /** Where the files of that namespace are on Linux, such as /proc/41/net. */
  netDir: string;
  /** That needs root, and this user is not root. */
  locked: boolean;
  /** The load generator; absent: no process of this machine that can be seen. */
  robots?: Watched;
  /** The server's log. */
  log?: string;
}

/** The server and the load generator to look at. */
export interface Wanted {
  pid?: number;
  port?: number;
  /** The load generator. */
  robots?: number;
  /** RLIMIT_NOFILE of the server, where the system does not show it. */
  nofile?: number;
  log?: string;
}

/** Where nobody names a port. */
export const DEFAULT_PORT = 8080;

/** What the walk looks at, and what of that may change in the meantime. */
export interface Found {
  subject: Subject;
  /** The processes that have the listener now. */
  holders(): Promise<number[]>;
  /** The load generator now: the process of this machine with the most connections to the server. */
  robots(): Promise<Watched | undefined>;
}

/** `node (pid 41)`. */
export const whoIs = ({ name, pid }: Watched) => `${name} (pid ${pid})`;

/** Said where nobody listens on a port. */
export function nobodyOn(port: number): string {
  return `nobody listens on port ${port} of this machine, or of this network namespace: start the server, or name it with --port or --pid`;
}

/** The key with the highest count. */
export function mostOf(counts: ReadonlyMap<number, number>): number | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
