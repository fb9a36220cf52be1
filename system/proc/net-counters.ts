import { readFileSync } from 'node:fs';
import type { Counters } from '../counters.ts';

/** The counters' full names by the line that names them: it is the same in every sample, and long. */
const named = new Map<string, readonly string[]>();

function namesIn(header: string): readonly string[] {
  let names = named.get(header);
  if (names === undefined) {
    const [prefix = '', ...columns] = header.split(' ');
    names = [prefix, ...columns.map((column) => `${prefix.replace(/:$/, '')} ${column}`)];
    named.set(header, names);
  }
  return names;
}

/**
 * Parses /proc/net/netstat and /proc/net/snmp: pairs of lines with the same prefix, names above values
 * (net/ipv4/proc.c netstat_seq_show, snmp_seq_show). `TcpExt: A B` / `TcpExt: 1 2` → `TcpExt A`: 1, `TcpExt B`: 2.
 * Of all groups, or of those given.
 */
export function parsePairs(text: string, groups?: readonly string[]): Counters {
  const counters: Counters = {};
  const lines = text.split('\n');
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const header = lines[at] as string;
    if (groups && !groups.includes(header.slice(0, header.indexOf(':')))) continue;
    const names = namesIn(header);
    const values = (lines[at + 1] as string).split(' ');
    if (names[0] !== values[0]) continue;
    for (let column = 1; column < names.length; column += 1) {
      const value = Number(values[column]);
      if (Number.isFinite(value)) counters[names[column] as string] = value;
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

const WANTED = ['Tcp', 'TcpExt'];
/** Where packets of IPv4 come and go: of these groups no more, since every packet moves them. */
const PACKETS = [
  'Ip InReceives',
  'Ip InDelivers',
  'Ip ForwDatagrams',
  'Ip InHdrErrors',
  'Ip InAddrErrors',
  'Ip InUnknownProtos',
  'Ip InDiscards',
  'Ip ReasmReqds',
  'Ip ReasmOKs',
  'IpExt InNoRoutes',
  'Icmp OutDestUnreachs',
];

let lastRead: { texts: readonly string[]; counters: Counters } | undefined;

/**
 * All of Tcp and TcpExt, PACKETS and the interfaces of the network namespace that `netDir` shows: the same object as before
 * when nothing has changed. Throws when unreadable.
 */
export function readCounters(netDir: string): Counters {
  const texts = ['dev', 'snmp', 'netstat'].map((file) => readFileSync(`${netDir}/${file}`, 'utf8'));
  if (lastRead?.texts.every((text, index) => text === texts[index])) return lastRead.counters;
  const [devices = '', snmp = '', netstat = ''] = texts;
  const counters = Object.assign(
    parseDevices(devices),
    parsePairs(snmp, WANTED),
    parsePairs(netstat, WANTED),
  );
  const all = Object.assign(parsePairs(snmp, ['Ip', 'Icmp']), parsePairs(netstat, ['IpExt']));
  for (const name of PACKETS) if (name in all) counters[name] = all[name] as number;
  lastRead = { texts, counters };
  return counters;
}
