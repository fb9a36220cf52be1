import type { ServerSample } from '../../../protocol/observer-events.ts';
import type { Counters } from '../../../system/counters.ts';
import type { IsOwn } from './own-address.ts';

/** What a look may need to know of the server that is watched. */
export interface Watched {
  port: number;
  /** The folder of its network namespace: /proc/self/net, or another's. */
  net: string;
  /** Whether the watcher is in that namespace. */
  inside: boolean;
  /** Its processes. */
  holders: ReadonlySet<number>;
  /** Its counters of now. */
  counters: Counters;
  /** Whether a listener of the server takes what comes to this address of IPv4, now. */
  serves: IsOwn;
}

/**
 * Something else that is looked at with a sample, and adds its own fields to it; none where it is not its turn (see `rarely`), or nothing
 * has changed.
 */
export type BesideLook = (watched: Watched) => Partial<ServerSample>;

/** The fields that a look has seen where they are others than those it told last; none where they are not, or nothing was seen. */
export function whenChanged<T extends Partial<ServerSample>>(): (seen: T | undefined) => Partial<T> {
  let told = '';
  return (seen) => {
    const text = JSON.stringify(seen);
    if (seen === undefined || text === told) return {};
    told = text;
    return seen;
  };
}
