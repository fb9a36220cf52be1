import { thisHost } from './host.ts';
import { readText } from './read.ts';

/** The sysctls of Linux that bear on connecting, by file below /proc/sys/net. */
const LINUX_FILES = [
  'core/somaxconn',
  'ipv4/tcp_max_syn_backlog',
  'ipv4/tcp_abort_on_overflow',
  'ipv4/tcp_syncookies',
  'ipv4/tcp_synack_retries',
  'ipv4/tcp_syn_retries',
  'ipv4/tcp_syn_linear_timeouts',
  'ipv4/tcp_fin_timeout',
  'ipv4/tcp_tw_reuse',
  'ipv4/tcp_max_tw_buckets',
  'ipv4/ip_local_port_range',
];

/**
 * Values in the network namespace of the reading process: /proc/sys/net shows the reader's own namespace, not that of
 * a pid in the path (net/sysctl_net.c net_ctl_root.lookup). What this kernel does not have is left out.
 */
export function readSysctls(): Record<string, string> {
  const values: Record<string, string> = {};
  for (const file of LINUX_FILES) {
    const text = readText(`/proc/sys/net/${file}`);
    if (text !== undefined) values[file.slice(file.indexOf('/') + 1)] = text.trim().replace(/\s+/g, ' ');
  }
  return values;
}

const CONNECT_SYSCTLS = ['tcp_syn_retries', 'tcp_syn_linear_timeouts', 'tcp_tw_reuse'];

/** The sysctls that act where a connection begins, as this process's network namespace has them; none off Linux. */
export function connectSysctls({ platform } = thisHost): Record<string, number> {
  const values: Record<string, number> = {};
  if (platform !== 'linux') return values;
  for (const name of CONNECT_SYSCTLS) {
    const text = readText(`/proc/sys/net/ipv4/${name}`);
    // Not every kernel has all of them: tcp_syn_linear_timeouts came with Linux 6.5.
    if (text !== undefined) values[name] = Number(text);
  }
  return values;
}

/** The sysctls of macOS that bear on connecting. Not every release has all of them. */
export const DARWIN_SYSCTLS = [
  'kern.ipc.somaxconn',
  'kern.ipc.soqlimitcompat',
  'kern.ipc.soqlencomp',
  'kern.maxfiles',
  'kern.maxfilesperproc',
  'net.inet.tcp.syncookie',
  'net.inet.tcp.keepinit',
  'net.inet.tcp.msl',
  'net.inet.tcp.blackhole',
  'net.inet.tcp.disable_access_to_stats',
  'net.inet.ip.portrange.first',
  'net.inet.ip.portrange.last',
] as const;

/**
 * What `sysctl a b` prints: a line `a: value` each, or `a = value` on Linux. What it does not know it names on stderr, so that it is
 * left out here.
 */
export function parseSysctls(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [, name, value] = /^([a-z0-9_]+(?:\.[a-z0-9_]+)+)\s*[:=]\s*(\S.*?)\s*$/.exec(line) ?? [];
      return name && value ? [[name, value]] : [];
    }),
  );
}
