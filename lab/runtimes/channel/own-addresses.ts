import { isIPv4 } from 'node:net';
import { addressesOfInterfaces } from '../../../system/interfaces.ts';

/** IPv4 addresses of this container, the first of each interface. */
export function ownAddresses(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(addressesOfInterfaces()).flatMap(([device, all]) => {
      const address = all.find((one) => isIPv4(one));
      return address === undefined ? [] : [[device, address] as const];
    }),
  );
}
