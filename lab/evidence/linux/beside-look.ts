import type { ServerSample } from '../../../protocol/observer-events.ts';

/** What a look may need to know of the server that is watched. */
export interface Watched {
  port: number;
  /** The folder of its network namespace: /proc/self/net, or another's. */
  net: string;
  /** Whether the watcher is in that namespace. */
  inside: boolean;
  /** Its processes. */
  holders: ReadonlySet<number>;
}

/**
 * Something else that is looked at with a sample, and adds its own fields to it; none where it is not its turn (see `rarely`), or nothing
 * has changed.
 */
export type BesideLook = (watched: Watched) => Partial<ServerSample>;
