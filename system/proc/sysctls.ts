import { readFileSync } from 'node:fs';

/** The sysctls that bear on connecting, by file below /proc/sys/net. */
const FILES = [
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
  for (const file of FILES) {
    try {
      values[file.slice(file.indexOf('/') + 1)] = readFileSync(`/proc/sys/net/${file}`, 'latin1')
        .trim()
        .replace(/\s+/g, ' ');
    } catch {}
  }
  return values;
}
