import { once } from 'node:events';
import { connect, isIPv6 } from 'node:net';
import { UsageError } from '../../common/errors.ts';
import { thisHost } from '../../system/host.ts';
import { canonicalAddress, type Listener, readListeners } from '../../system/proc/net-tcp.ts';

/** How long one attempt may take, ms: who does not answer within it is not the one that is meant. */
const ATTEMPT_MS = 3000;

/**
 * The first of these addresses at which a listener takes connections; undefined: none. An address that has one of its own goes before
 * one that only a listener of IPv6 on every address would take, since that may be one of IPv6 alone.
 */
export function listeningAt(
  addresses: readonly string[],
  listeners: readonly Pick<Listener, 'address'>[],
): string | undefined {
  const certain = addresses.find((address) => {
    const taker = takerOf(address, listeners);
    return taker !== undefined && (taker !== '::' || isIPv6(address));
  });
  return certain ?? addresses.find((address) => takerOf(address, listeners) !== undefined);
}

/**
 * The address of the listener that takes what comes to this one: its own, or every address of its IP version, or of IPv6, which may
 * take IPv4 as well (net/ipv4/inet_hashtables.c __inet_lookup_listener).
 */
export function takerOf(
  address: string,
  listeners: readonly Pick<Listener, 'address'>[],
): string | undefined {
  const plain = canonicalAddress(address);
  // As a client, `0.0.0.0` and `::` are the loopback.
  const own = { '0.0.0.0': '127.0.0.1', '::': '::1' }[plain] ?? plain;
  const bound = new Set(listeners.map((one) => one.address));
  return [own, ...(isIPv6(own) ? [] : ['0.0.0.0']), '::'].find((one) => bound.has(one));
}

/**
 * Which of these addresses a server is reached at. Of this machine the kernel's table tells it, without a connection; else each is
 * tried in turn, by one connection that is closed at once.
 * @param here whether they are of this network namespace
 * @throws {UsageError} in one line, where nobody listens at any
 */
export async function reachedAt(
  where: string,
  addresses: readonly string[],
  port: number,
  here: boolean,
): Promise<string> {
  if (here && thisHost.platform === 'linux') {
    const listeners = readListeners('/proc/self/net', port);
    const found = listeningAt(addresses, listeners);
    if (found !== undefined) return found;
    const others = listeners.map(({ address }) => address);
    const instead =
      others.length > 0
        ? `the address at which somebody does (${[...new Set(others)].join(', ')})`
        : 'a port that ss -ltn shows';
    throw new UsageError(
      `${where}: nobody listens on port ${port} at ${addresses.join(' or ')}; allowed: ${instead}, or --pid or --container of a server in another network namespace`,
    );
  }
  const why: string[] = [];
  for (const address of addresses) {
    const failure = await attempt(address, port);
    if (failure === undefined) return address;
    why.push(`${address}: ${failure}`);
  }
  throw new UsageError(
    `${where}: nobody answers on port ${port} (${why.join(', ')}); allowed: a server that listens there`,
  );
}

/** Undefined: it was reached. */
async function attempt(host: string, port: number): Promise<string | undefined> {
  const socket = connect({ host, port, autoSelectFamily: false });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(ATTEMPT_MS) });
    return undefined;
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    return name === 'AbortError' ? `no answer in ${ATTEMPT_MS / 1000} s` : (code ?? name);
  } finally {
    // An end in order: FIN, and no RST.
    socket.on('error', () => {}).end();
    setTimeout(() => socket.destroy(), 1000).unref();
  }
}

/** Says which address a name came to; undefined: it was an address. */
export function toldAddress(host: string, resolved: readonly string[], used: string): string | undefined {
  if (resolved.includes(host)) return undefined;
  const which = resolved.length > 1 ? `: ${used} is used` : '';
  return `${host} is ${resolved.join(' and ')}${which}`;
}
