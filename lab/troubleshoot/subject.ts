/** A process that is looked at. */
export interface Watched {
  pid: number;
  name: string;
  /** RLIMIT_NOFILE, soft; absent: the system does not show it. */
  nofile?: number;
}

/** Whom the steps are about. */
export interface Subject {
  os: 'linux' | 'darwin';
  port: number;
  /** Somebody listens on that port. */
  listening: boolean;
  /** Who does; absent: nobody, or it may not be seen. */
  server?: Watched;
  /** All who hold the listener. */
  pids: number[];
  /** Why there is no server to look at. */
  missing?: string;
  /** Put before a command so that it runs in the server's network namespace; empty: it is our own. */
  prefix: string;
  /** Where the files of that namespace are on Linux, such as /proc/41/net. */
  netDir: string;
  /** That takes root, and this user is not. */
  locked: boolean;
  /** Who makes the load; absent: nobody of this machine that can be seen. */
  robots?: Watched;
  /** The server's log. */
  log?: string;
}

/** Whom to look at. */
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

/** Whom the walk is about, and what of it may change meanwhile. */
export interface Found {
  subject: Subject;
  /** Who holds the listener now. */
  holders(): Promise<number[]>;
  /** Who makes load now: of this machine's processes the one with the most connections to the server. */
  robots(): Promise<Watched | undefined>;
}

/** `node (pid 41)`. */
export const whoIs = ({ name, pid }: Watched) => `${name} (pid ${pid})`;

/** A user's words for a port at which nobody listens. */
export function nobodyOn(port: number): string {
  return `nobody listens on port ${port} of this machine, or of this network namespace: start the server, or name it with --port or --pid`;
}

/** The key with the highest count. */
export function mostOf(counts: ReadonlyMap<number, number>): number | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
