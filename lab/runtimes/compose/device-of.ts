import { lookup } from 'node:dns/promises';
import { addressesOfInterfaces } from '../../../system/interfaces.ts';

/** The interface of this network namespace that has an address of that name; undefined where none has, or nobody knows the name. */
export async function deviceOf(name: string): Promise<string | undefined> {
  const meant = await lookup(name, { all: true, family: 4 }).catch(() => []);
  const devices = Object.entries(addressesOfInterfaces());
  return devices.find(([, own]) => meant.some(({ address }) => own.includes(address)))?.[0];
}
