import { networkInterfaces } from 'node:os';

/** The addresses of each interface of this network namespace that is up. */
export function addressesOfInterfaces(): Record<string, string[]> {
  const all = Object.entries(networkInterfaces());
  return Object.fromEntries(all.map(([name, list = []]) => [name, list.map(({ address }) => address)]));
}

/**
 * The interface on which a link-local address of this namespace holds, without which nobody can connect to it (RFC 4007, 11);
 * undefined for any other address. Where several have it, the first.
 */
export function scopeOf(address: string): string | undefined {
  if (!/^fe[89ab][0-9a-f]:/i.test(address)) return undefined;
  const all = Object.entries(addressesOfInterfaces());
  return all.find(([, addresses]) => addresses.includes(address))?.[0];
}
