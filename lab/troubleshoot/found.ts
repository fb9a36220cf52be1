import type { Subject, Watched } from './step.ts';

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

/** A user's words for a port at which nobody listens. */
export function nobodyOn(port: number): string {
  return `nobody listens on port ${port} of this machine, or of this network namespace: start the server, or name it with --port or --pid`;
}

/** The key with the highest count. */
export function mostOf(counts: ReadonlyMap<number, number>): number | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
