import { plainAddress } from '../../common/plain-address.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from './evidence.ts';

/** Where a connection comes from, as the server's side says it; `address` absent: it does not say that. */
export interface Peer {
  port: number;
  address?: string | undefined;
}

type User = Pick<UserLine, 'port' | 'address'>;

/**
 * What the server's side tells, found for a user: by address and port where both tell the address, by port alone where one of them does
 * not. Users of several sources may have one port. Of what is told again for the same place the last one counts.
 */
export class ByPlace<T> {
  readonly #all = new Map<number | string, T>();
  /** The last at each port, of those that tell an address. */
  readonly #placed = new Map<number, T>();

  set(peer: Peer, value: T): void {
    this.#all.set(keyOf(peer), value);
    if (peer.address !== undefined) this.#placed.set(peer.port, value);
  }

  /** What stands for this very place. */
  at(peer: Peer): T | undefined {
    return this.#all.get(keyOf(peer));
  }

  /** What stands for this user; undefined: nothing, or the user tells no port. */
  get({ port, address }: User): T | undefined {
    if (port === undefined) return undefined;
    return (address === undefined ? this.#placed.get(port) : this.at({ port, address })) ?? this.at({ port });
  }

  has(user: User): boolean {
    return this.get(user) !== undefined;
  }

  get size(): number {
    return this.#all.size;
  }

  values(): Iterable<T> {
    return this.#all.values();
  }
}

/** A port alone stays a number: there may be many. */
const keyOf = ({ port, address }: Peer) => (address === undefined ? port : `${address}:${port}`);

/** The ends of connections that are `host:port`, of the client; undefined, which the kernel had wiped: port 0. */
export function peerOf(remote: string | undefined): Peer {
  if (remote === undefined) return { port: 0 };
  const colon = remote.lastIndexOf(':');
  const address = plainAddress(remote.slice(0, colon).replace(/^\[(.*)\]$/, '$1'));
  return { port: Number(remote.slice(colon + 1)), address };
}

/** Whether users tell their addresses: without them those of the server's side join nothing. */
export function tellAddresses({ users }: Pick<Evidence['fleet'], 'users'>): boolean {
  return users.some(({ address }) => address !== undefined);
}
