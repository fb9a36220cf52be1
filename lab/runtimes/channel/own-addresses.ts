import { networkInterfaces } from 'node:os';

/** IPv4 addresses of this container, one an interface. */
export function ownAddresses(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(networkInterfaces()).flatMap(([device, list = []]) =>
      list.filter(({ family }) => family === 'IPv4').map(({ address }) => [device, address] as const),
    ),
  );
}
