import { isIP } from 'node:net';
import { defined } from '../../common/defined.ts';
import { UsageError } from '../../common/errors.ts';
import type { NamedServer } from '../beside/probe-server.ts';
import type { Wanted } from '../evidence/server-place.ts';
import type { AskedTarget } from './target-flags.ts';
import { findServer } from './url-server.ts';

/** The flags that name a server, beside its URL. */
export interface NamingFlags {
  pid?: number;
  port?: number;
  address?: string;
  container?: string;
}

/** Which server is meant. */
export interface Meant {
  wanted: Wanted;
  named?: NamedServer;
  /** Which address its name came to. */
  told?: string;
  /** It is another machine's, and reached there. */
  elsewhere?: { address: string };
  /** No more connects a second than this; absent: as many as there are. */
  ratePerSecond?: number;
}

/** Throws UsageError, in one line, for flags that name two servers, or none that could be. */
export function checkNaming(verb: string, { pid, address, container }: NamingFlags): void {
  if (pid !== undefined && container !== undefined)
    throw new UsageError(
      `${verb}: --pid and --container name two servers; allowed: one of them, with or without --port`,
    );
  if (container !== undefined && !/^[\w.-]+$/.test(container))
    throw new UsageError(`--container ${container}: allowed: a name or id of docker ps`);
  if (address !== undefined && address !== '*' && !isIP(address.replace(/^\[|\]$/g, '')))
    throw new UsageError(`--address ${address}: allowed: an IPv4 or IPv6 address that the server listens on`);
}

/**
 * The server that these flags and this URL name.
 * @param elsewhere of a verb that can do without looking at the server: the host that the user may load, and how fast
 * @throws {UsageError} in one line: no address, not ours, nobody listens
 */
export async function meantServer(
  { pid, port, address, container }: NamingFlags,
  { url, where }: AskedTarget,
  elsewhere?: { iMay?: string | undefined; rate?: number | undefined },
): Promise<Meant> {
  const ratePerSecond = elsewhere?.rate;
  if (url === undefined)
    return { wanted: defined({ pid, port, address, container }), ...defined({ ratePerSecond }) };
  // Its users call it by the host of the URL, wherever that is.
  if (pid !== undefined || container !== undefined)
    return {
      wanted: { ...defined({ pid, container }), port: url.port },
      named: { url, where },
      ...defined({ ratePerSecond }),
    };
  const { told, ...found } = await findServer(where, url, {
    ...elsewhere,
    mayBeElsewhere: elsewhere !== undefined,
  });
  return {
    wanted: { port: url.port, ...defined({ container: found.container, address: found.listener }) },
    named: { url, where, address: found.address },
    ...defined({ told, ratePerSecond: found.ratePerSecond }),
    ...(!found.ours && { elsewhere: { address: found.address } }),
  };
}
