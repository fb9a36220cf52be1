import { readFileSync } from 'node:fs';
import type { Counters } from '../lines.ts';

/**
 * Parses /proc/net/netstat and /proc/net/snmp: pairs of lines with the same prefix, names above values
 * (net/ipv4/proc.c netstat_seq_show, snmp_seq_show). `TcpExt: A B` / `TcpExt: 1 2` → `TcpExt A`: 1, `TcpExt B`: 2.
 */
export function parsePairs(text: string): Counters {
  const counters: Counters = {};
  const lines = text.split('\n');
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const names = (lines[at] as string).split(' ');
    const values = (lines[at + 1] as string).split(' ');
    const group = names[0]?.replace(/:$/, '');
    if (group === undefined || names[0] !== values[0]) continue;
    for (let column = 1; column < names.length; column += 1) {
      const value = Number(values[column]);
      if (Number.isFinite(value)) counters[`${group} ${names[column]}`] = value;
    }
  }
  return counters;
}

const DEVICE_FIELDS = [
  'rx_bytes', 'rx_packets', 'rx_errors', 'rx_dropped', 'rx_fifo', 'rx_frame', 'rx_compressed', 'rx_multicast',
  'tx_bytes', 'tx_packets', 'tx_errors', 'tx_dropped', 'tx_fifo', 'tx_collisions', 'tx_carrier', 'tx_compressed',
]; // biome-ignore format: the columns as the kernel prints them

/** Parses /proc/net/dev (net/core/net-procfs.c dev_seq_printf_stats) → `lo rx_dropped`: 0, … */
export function parseDevices(text: string): Counters {
  const counters: Counters = {};
  for (const line of text.split('\n').slice(2)) {
    const colon = line.indexOf(':');
    if (colon < 0) continue;
    const name = line.slice(0, colon).trim();
    const values = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    for (const [index, field] of DEVICE_FIELDS.entries()) {
      const value = Number(values[index] ?? 0);
      if (Number.isFinite(value)) counters[`${name} ${field}`] = value;
    }
  }
  return counters;
}

const WANTED = /^(Tcp|TcpExt) /;

/** All of Tcp and TcpExt and the interfaces of the network namespace that `netDir` shows. Throws when unreadable. */
export function readCounters(netDir: string): Counters {
  const all = {
    ...parsePairs(readFileSync(`${netDir}/snmp`, 'latin1')),
    ...parsePairs(readFileSync(`${netDir}/netstat`, 'latin1')),
  };
  const counters = parseDevices(readFileSync(`${netDir}/dev`, 'latin1'));
  for (const [name, value] of Object.entries(all)) if (WANTED.test(name)) counters[name] = value;
  return counters;
}
