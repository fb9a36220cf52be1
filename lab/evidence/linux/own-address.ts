import type { Listener } from '../../../system/proc/net-tcp.ts';

/** An address as /proc/net shows it, and whether a socket of the port at that address is the server's. */
export type IsOwn = (address: string) => boolean;

const ANY = new Set(['0.0.0.0', '::']);

/** Is it every address of its IP version? */
export const isAnyAddress = (address: string) => ANY.has(address);

/**
 * Where others listen on the same port at other addresses: which listeners are the server's, also those that it opens later. Undefined
 * where nobody else does: then all are, wherever it listens next.
 */
export function ownListeners(own: readonly Listener[], others: readonly Listener[]): IsOwn | undefined {
  if (others.length === 0) return undefined;
  const addresses = new Set(own.map(({ address }) => address));
  return (address) => addresses.has(address);
}

/**
 * And which connections, by their local address: one that a listener has alone is that listener's, any other goes to the one on every
 * address (net/ipv4/inet_hashtables.c __inet_lookup_listener). IPv4 through a listener of IPv6 has a mapped address there.
 */
export function ownConnections(own: readonly Listener[], others: readonly Listener[]): IsOwn | undefined {
  const isOwn = ownListeners(own, others);
  if (isOwn === undefined) return undefined;
  const theirs = new Set(others.map(({ address }) => address));
  return (local) => {
    if (isOwn(local)) return true;
    if (theirs.has(local)) return false;
    if (local.includes(':')) return isOwn('::');
    return isOwn('0.0.0.0') || (!theirs.has('0.0.0.0') && isOwn('::'));
  };
}

/**
 * Listeners of one port by the server whose they are. Of one server are those at one address (SO_REUSEPORT), those that one process
 * holds, and those on every address of either IP version, where they are not known to be of two programs.
 * @param holdersOf the processes that hold one; none: not known
 * @param programOf what such a process runs
 */
export function serversAmong(
  listeners: readonly Listener[],
  holdersOf: (listener: Listener) => readonly number[],
  programOf: (pid: number) => string | undefined,
): Listener[][] {
  const areOne = (a: Listener, b: Listener): boolean => {
    if (a.address === b.address) return true;
    const [ofA, ofB] = [holdersOf(a), holdersOf(b)];
    if (ofA.some((pid) => ofB.includes(pid))) return true;
    if (!isAnyAddress(a.address) || !isAnyAddress(b.address)) return false;
    const programs = [...ofA, ...ofB].flatMap((pid) => programOf(pid) ?? []);
    return ofA.length === 0 || ofB.length === 0 || new Set(programs).size <= 1;
  };
  let servers: Listener[][] = [];
  for (const listener of listeners) {
    const same = servers.filter((server) => server.some((one) => areOne(one, listener)));
    servers = [...servers.filter((server) => !same.includes(server)), [...same.flat(), listener]];
  }
  return servers;
}
