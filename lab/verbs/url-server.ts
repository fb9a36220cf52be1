import { defined } from '../../common/defined.ts';
import { findHolders } from '../../system/proc/holders.ts';
import { type Listener, readListeners } from '../../system/proc/net-tcp.ts';
import { readLink } from '../../system/read.ts';
import { serversAmong } from '../evidence/linux/own-address.ts';
import { containerAddresses } from '../runtimes/docker/container-addresses.ts';
import { reachedAt, takerOf, toldAddress } from '../target/reached-at.ts';
import { type AllowedHost, checkOurs, notOurs, whoseHost } from '../target/target-hosts.ts';
import type { TargetUrl } from '../target/target-url.ts';

/** The server of a URL, found. */
export interface FoundServer extends AllowedHost {
  /** The one of its addresses that is used. */
  address: string;
  /** Where it listens for that address, where others listen on the port as well. */
  listener?: string;
  /** Which address the name came to, as a line for people; absent: it was an address. */
  told?: string;
}

/**
 * Finds the server of a URL: its name is looked up once, and it is reached at one of the addresses. `where` begins each error line.
 * @param mayBeElsewhere whether the verb can do without looking at the server; else `iMay` does not help
 * @throws {UsageError} in one line: no address, not ours, nobody listens
 */
export async function findServer(
  where: string,
  url: TargetUrl,
  {
    iMay,
    rate,
    mayBeElsewhere,
  }: { iMay?: string | undefined; rate?: number | undefined; mayBeElsewhere: boolean },
): Promise<FoundServer> {
  const containers = containerAddresses;
  const host: AllowedHost = mayBeElsewhere
    ? await checkOurs(where, url, { iMay, rate, containers })
    : await whoseHost(where, url, containers);
  if (!host.ours && !mayBeElsewhere)
    throw notOurs(
      where,
      url.host,
      host.resolved,
      `this verb on the server's own machine, which it has to look at; threshold --i-may ${url.host} does without`,
    );
  const { ours, container, addresses, resolved } = host;
  // A container's are in a network namespace of its own.
  const address =
    container === undefined ? await reachedAt(where, addresses, url.port, ours) : (addresses[0] as string);
  const told = toldAddress(url.host, resolved, address);
  const listener = ours && container === undefined ? listenerAmong(address, url.port) : undefined;
  return { ...host, address, ...defined({ listener, told }) };
}

/** Which listener of the port takes what comes to this address; undefined: all are of one server, or no file shows them. */
function listenerAmong(address: string, port: number): string | undefined {
  const listeners = readListeners('/proc/self/net', port);
  if (new Set(listeners.map((one) => one.address)).size < 2) return undefined;
  const { pids, inodes } = findHolders(new Set(listeners.map(({ inode }) => inode)));
  const holdersOf = ({ inode }: Listener) => pids.filter((pid) => inodes.get(pid)?.has(inode));
  const servers = serversAmong(listeners, holdersOf, (pid) => readLink(`/proc/${pid}/exe`));
  return servers.length < 2 ? undefined : takerOf(address, listeners);
}
