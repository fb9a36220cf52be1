import { spawnSync } from 'node:child_process';
import { networkInterfaces } from 'node:os';
import { readText } from './read.ts';

const PATIENCE_MS = 2000;
const ADDRESS = /\blink\/ether ((?:[0-9a-f]{2}:){5}[0-9a-f]{2})/g;

/** The hardware addresses (MAC) of the interfaces of this network namespace that are up; not the loopback's, which all share. */
export function ownHardwareAddresses(): Set<string> {
  const all = Object.values(networkInterfaces()).flatMap((list = []) => list);
  return new Set(all.flatMap(({ internal, mac }) => (internal ? [] : [mac])));
}

/** The same of a process's network namespace; none where it cannot be entered (CAP_SYS_ADMIN) or there is no `ip`. */
export function hardwareAddressesOf(pid: number): Set<string> {
  const { stdout } = spawnSync('nsenter', ['-t', String(pid), '-n', '--', 'ip', '-o', 'link'], {
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
  return new Set([...(stdout ?? '').matchAll(ADDRESS)].map(([, address = '']) => address));
}

/**
 * To which hardware address a network namespace sends what is for that address of IPv4, by a folder such as /proc/PID/net
 * (net/ipv4/arp.c arp_format_neigh_entry); undefined where it goes by a router, or has not been asked for.
 */
export function readNeighbour(netDir: string, host: string): string | undefined {
  for (const line of (readText(`${netDir}/arp`) ?? '').split('\n')) {
    const [address, , flags, hardware] = line.trim().split(/\s+/);
    if (address === host && flags !== '0x0') return hardware;
  }
  return undefined;
}

/** Whether a network namespace has sent to one of these hardware addresses of late. */
export function sendsTo(netDir: string, links: ReadonlySet<string>): boolean {
  return (readText(`${netDir}/arp`) ?? '').split(/\s+/).some((word) => links.has(word));
}
