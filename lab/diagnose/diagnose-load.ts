/** A load of our own robots. Times in ms. */
export interface Load {
  users: number;
  kind: 'tcp' | 'http' | 'ws';
  path: string;
  ramp: string;
  timeoutMs: number;
  holdMs: number;
}

/** The robots' environment. */
export function loadEnvironment(load: Load, host: string, port: number): Record<string, string> {
  return {
    TARGET_HOST: host,
    TARGET_PORT: String(port),
    KIND: load.kind,
    TARGET_PATH: load.path,
    USERS: String(load.users),
    RAMP: load.ramp,
    ROUNDS: '0',
    HOLD_MS: String(load.holdMs),
    CONNECT_TIMEOUT_MS: String(load.timeoutMs),
  };
}

/**
 * Where robots in the server's own network namespace reach it. It listens on an address of its own machine, so it is never
 * anybody else's.
 */
export function hostOf(addresses: readonly string[]): string {
  const host =
    addresses.find((address) => address === '0.0.0.0' || address === '*') ?? addresses[0] ?? '0.0.0.0';
  if (host === '0.0.0.0' || host === '*') return '127.0.0.1';
  if (host === '::') return '::1';
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(host);
  if (mapped === null) return host;
  const words = mapped.slice(1).map((word) => Number.parseInt(word, 16));
  return words.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}
