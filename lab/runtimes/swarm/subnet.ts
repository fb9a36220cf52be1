import { BlockList } from 'node:net';

/** Of a container's addresses by interface the one in this subnet, with its interface; undefined: it has none there. */
export function placeIn(
  subnet: string,
  addresses: Readonly<Record<string, string>>,
): { device: string; address: string } | undefined {
  const [network = '', bits] = subnet.split('/');
  const inside = new BlockList();
  inside.addSubnet(network, Number(bits));
  const found = Object.entries(addresses).find(([, address]) => inside.check(address));
  return found && { device: found[0], address: found[1] };
}
