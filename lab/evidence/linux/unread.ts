import type { ServerSample } from '../../../protocol/observer-events.ts';
import type { Connections } from '../../../system/proc/net-tcp.ts';

/**
 * What lies unread for so long, ms, nobody reads. Shorter, and every request to a busy server lies unread; longer, and clients have given
 * up before it is told.
 */
export const UNREAD_MS = 700;

/** Whose data a server that has accepted them does not read, from one look at its connections to the next. */
export class Unread {
  /** Since when, by the other end. */
  #since = new Map<string, number>();
  readonly #told = new Set<string>();

  /** What one look adds to the sample. `now`: ms on any clock. */
  at(
    now: number,
    { unread, unreleased, open }: Pick<Connections, 'unread' | 'unreleased' | 'open'>,
  ): Pick<ServerSample, 'unread' | 'unreleased' | 'starved' | 'readLate'> {
    this.#since = new Map(unread.map((remote) => [remote, this.#since.get(remote) ?? now]));
    let readLate = 0;
    for (const remote of this.#told) {
      if (this.#since.has(remote)) continue;
      this.#told.delete(remote);
      if (open.has(remote)) readLate += 1;
    }
    const starved: number[] = [];
    for (const [remote, since] of this.#since) {
      if (now - since < UNREAD_MS || this.#told.has(remote)) continue;
      this.#told.add(remote);
      starved.push(Number.parseInt(remote.slice(-4), 16));
    }
    return {
      ...(unread.length > 0 ? { unread: unread.length } : {}),
      ...(unreleased > 0 ? { unreleased } : {}),
      ...(readLate > 0 ? { readLate } : {}),
      ...(starved.length > 0 ? { starved } : {}),
    };
  }
}
