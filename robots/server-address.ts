import { createSocket } from 'node:dgram';
import { lookup as resolve } from 'node:dns/promises';
import { createServer, isIPv6, type TcpSocketConnectOpts } from 'node:net';
import { SettingsError } from './robots-settings.ts';

/** A connected UDP socket has a port at the other end, whichever (RFC 863). */
const DISCARD = 9;

/**
 * What to pass to `connect`, one for each source address in turn. With a literal address Node puts connect(2) off until
 * the code that runs now has ended (net.js, lookupAndConnect), so in a burst the first users' times would hold the
 * making of all the others; with a name it connects as soon as the lookup answers, and this one answers at once.
 */
export function connectOptions(address: string, port: number, sources: string[]): TcpSocketConnectOpts[] {
  const family = isIPv6(address) ? 6 : 4;
  const lookup: TcpSocketConnectOpts['lookup'] = (_name, _options, callback) =>
    callback(null, address, family);
  const options = { host: 'gateway', port, family, lookup, autoSelectFamily: false };
  return sources.length === 0 ? [options] : sources.map((localAddress) => ({ ...options, localAddress }));
}

/**
 * The address of a host: looked up once for all users, since thousands of look-ups would measure the resolver.
 * @throws {SettingsError} when it has none.
 */
export async function addressOf(host: string): Promise<string> {
  try {
    return (await resolve(host)).address;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SettingsError(
      `TARGET_HOST=${JSON.stringify(host)} is not allowed: it has no address (${code})`,
    );
  }
}

/** The address that connections to `address` come from, as the kernel routes them: nothing is sent. Undefined where there is no way. */
export async function sourceTowards(address: string): Promise<string | undefined> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  try {
    return await new Promise((found, fail) => {
      socket.on('error', fail);
      socket.connect(DISCARD, address, () => found(socket.address().address));
    });
  } catch {
    return undefined;
  } finally {
    await new Promise<void>((closed) => socket.close(closed));
  }
}

/** @throws {SettingsError} when one of the addresses is not of this machine. */
export async function checkSources(addresses: string[]): Promise<void> {
  for (const host of new Set(addresses)) {
    const probe = createServer();
    await new Promise<void>((free, reject) => {
      probe.on('error', ({ code }: NodeJS.ErrnoException) => {
        const asked = JSON.stringify(addresses.join());
        reject(
          new SettingsError(`SOURCE_ADDRESSES=${asked} is not allowed: ${host} cannot be bound (${code})`),
        );
      });
      probe.listen({ host, port: 0 }, () => probe.close(() => free()));
    });
  }
}
