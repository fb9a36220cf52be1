import { isIPv6 } from 'node:net';
import { CannotRunError } from '../../common/errors.ts';
import type { ServerState } from '../../protocol/observer-events.ts';
import { optionsVariables, type TargetOptions } from '../../protocol/target-options.ts';
import { withoutQuery } from './target-url.ts';

/** A load of our own robots. Times in ms. */
export interface Load {
  users: number;
  kind: 'tcp' | 'http' | 'ws';
  path: string;
  ramp: string;
  timeoutMs: number;
  holdMs: number;
  /** TLS, headers, the first message; absent: none of it. */
  options?: TargetOptions;
}

/** A load as it may be written down: headers, cookies, messages and queries can hold what is nobody's business. */
export type KeptLoad = Omit<Load, 'options'> & { tls?: true };

/** The load without what users say. */
export function keptLoad({ options, ...load }: Load): KeptLoad {
  return { ...load, path: withoutQuery(load.path), ...(options?.tls && { tls: true }) };
}

/** The robots' environment. */
export function loadEnvironment(load: Load, host: string, port: number): Record<string, string> {
  return {
    TARGET_HOST: host,
    TARGET_PORT: String(port),
    KIND: load.kind,
    TARGET_PATH: load.path,
    ...optionsVariables(load.options),
    USERS: String(load.users),
    RAMP: load.ramp,
    ROUNDS: '0',
    HOLD_MS: String(load.holdMs),
    CONNECT_TIMEOUT_MS: String(load.timeoutMs),
  };
}

/**
 * Where robots in the server's own network namespace reach it. It listens on an address of its own machine, so it is never
 * anybody else's. A server on every address is reached where none of the others on its port is.
 * @throws {CannotRunError} where they are on all that are known
 */
export function hostOf({
  addresses,
  otherAddresses: others = [],
  interfaces = {},
}: Pick<ServerState, 'addresses' | 'otherAddresses' | 'interfaces'>): string {
  const host = addresses.find((address) => ANY_IPV4.has(address)) ?? addresses[0] ?? '0.0.0.0';
  const free = (all: readonly string[]) => {
    const one = all.find((address) => !others.includes(address) && !others.includes(mapped(address)));
    if (one !== undefined) return one;
    throw new CannotRunError(
      `--load: other servers listen on the same port at ${others.join(', ')}, so this server has no address of its own; bring your own load without --load`,
    );
  };
  // All of 127.0.0.0/8 is the loopback's.
  if (ANY_IPV4.has(host)) return free(Array.from({ length: 254 }, (_, at) => `127.0.0.${at + 1}`));
  if (host === '::') return free(['::1', ...Object.values(interfaces).flat().filter(isGlobalIPv6)]);
  return plainIPv4(host);
}

const ANY_IPV4 = new Set(['0.0.0.0', '*']);
const isGlobalIPv6 = (address: string) => isIPv6(address) && !/^fe80:/i.test(address);

/** As the kernel's table shows it of a listener of IPv6: `::ffff:7f00:1`. */
function mapped(address: string): string {
  return isIPv6(address) ? address : new URL(`http://[::ffff:${address}]`).hostname.slice(1, -1);
}

function plainIPv4(host: string): string {
  const words = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/
    .exec(host)
    ?.slice(1)
    .map((word) => Number.parseInt(word, 16));
  return words?.flatMap((word) => [word >> 8, word & 0xff]).join('.') ?? host;
}
