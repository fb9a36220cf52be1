import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { UsageError } from '../../common/errors.ts';
import { addressesOfInterfaces } from '../../system/interfaces.ts';
import { readLocalAddresses } from '../../system/proc/local-addresses.ts';
import { canonicalAddress } from '../../system/proc/net-tcp.ts';
import type { TargetUrl } from './target-url.ts';

/** To another host at most so many connects a second go, unless somebody asks for more. */
export const ELSEWHERE_PER_SECOND = 200;

/** A running container and one of its addresses. */
export interface ContainerAddress {
  name: string;
  address: string;
}

/** Whose a host is. */
export interface WhoseHost {
  /** All addresses of its name, as the resolver orders them. */
  resolved: string[];
  /** Those that load may go to: where some are of this machine, these alone. */
  addresses: string[];
  /** Of this machine, or of a container of its engine. */
  ours: boolean;
  /** The container that has the addresses. */
  container?: string;
}

/** What load to a host may be. */
export interface AllowedHost extends WhoseHost {
  /** The most connects a second; absent: as many as there are. */
  ratePerSecond?: number;
}

/**
 * The addresses of a URL's host, looked up once, in the resolver's order; an address is its own. `where` begins the error line.
 * @throws {UsageError} in one line, where the name has none
 */
export async function hostsOf(where: string, { host }: Pick<TargetUrl, 'host'>): Promise<string[]> {
  if (isIP(host) > 0) return [host];
  try {
    const all = await lookup(host, { all: true, order: 'verbatim' });
    return [...new Set(all.map(({ address }) => address))];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `${where}: ${host} does not resolve (${code}); allowed: a name that has an address, or an address`,
    );
  }
}

/**
 * Whether a URL's host is this machine (this network namespace), or one of its containers: `containers` is asked where it is not this
 * machine.
 * @throws {UsageError} in one line, where the name has no address
 */
export async function whoseHost(
  where: string,
  url: Pick<TargetUrl, 'host'>,
  containers: () => Promise<readonly ContainerAddress[]>,
): Promise<WhoseHost> {
  const resolved = await hostsOf(where, url);
  // Node leaves out those of an interface without carrier.
  const here = new Set(
    [...Object.values(addressesOfInterfaces()).flat(), ...readLocalAddresses('/proc/self/net')].map(
      canonicalAddress,
    ),
  );
  const local = resolved.filter((address) => isLoopback(address) || here.has(canonicalAddress(address)));
  if (local.length > 0) return { resolved, addresses: local, ours: true };
  const theirs = await containers();
  for (const address of resolved) {
    const container = theirs.find((one) => canonicalAddress(one.address) === canonicalAddress(address));
    if (container) return { resolved, addresses: [address], ours: true, container: container.name };
  }
  return { resolved, addresses: resolved, ours: false };
}

/**
 * The same for a verb that may bring load elsewhere: to another host only where `iMay` repeats its name, and then slowly unless `rate`
 * says how fast.
 * @throws {UsageError} in one line, where the name has no address, the host is another's, or `iMay` names another one
 */
export async function checkOurs(
  where: string,
  url: Pick<TargetUrl, 'host'>,
  {
    iMay,
    rate,
    containers,
  }: {
    iMay?: string | undefined;
    rate?: number | undefined;
    containers: () => Promise<readonly ContainerAddress[]>;
  },
): Promise<AllowedHost> {
  const { host } = url;
  if (iMay !== undefined && iMay.replace(/^\[|\]$/g, '').toLowerCase() !== host.toLowerCase())
    throw new UsageError(`--i-may ${iMay}: not the host of ${where}; allowed: --i-may ${host}`);
  const whose = await whoseHost(where, url, containers);
  if (!whose.ours && iMay === undefined) throw notOurs(where, host, whose.resolved, `--i-may ${host}`);
  const ratePerSecond = rate ?? (whose.ours ? undefined : ELSEWHERE_PER_SECOND);
  return { ...whose, ...(ratePerSecond !== undefined && { ratePerSecond }) };
}

/** Of a host that is another's. */
export function notOurs(
  where: string,
  host: string,
  addresses: readonly string[],
  instead: string,
): UsageError {
  const is = isIP(host) > 0 ? host : `${host} (${addresses.join(', ')})`;
  return new UsageError(
    `${where}: ${is} is not of this machine or its containers; allowed: one that is, or ${instead}`,
  );
}

/** The time over which so many users have to arrive at least, ms. */
export function leastRampMs(users: number, ratePerSecond: number | undefined): number {
  return ratePerSecond === undefined ? 0 : Math.ceil((users / ratePerSecond) * 1000);
}

/** All of 127.0.0.0/8 is; Linux connects to the loopback where it is told no address. */
function isLoopback(address: string): boolean {
  const plain = canonicalAddress(address);
  return /^127\./.test(plain) || /^::ffff:7f/.test(plain) || ['::1', '::', '0.0.0.0'].includes(plain);
}
