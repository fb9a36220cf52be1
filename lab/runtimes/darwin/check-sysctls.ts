import { UsageError } from '../../../common/errors.ts';
import { localPorts } from '../../../robots/ports.ts';
import { type Host, sysctlNumber } from '../../../system/host.ts';
import { type SettingName, settingsOf } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';

/** What a Mac has in place of a Linux setting: its value, as the setting has it, and its name. */
const SAME: Partial<Record<SettingName, { name: string; read(host: Host): string | undefined }>> = {
  ip_local_port_range: {
    name: 'net.inet.ip.portrange.first and last',
    read: (host) => Object.values(localPorts(host)).join(),
  },
  tcp_fin_timeout: {
    name: 'net.inet.tcp.fin_timeout (ms)',
    read: (host) => {
      const ms = sysctlNumber(host, 'net.inet.tcp.fin_timeout');
      return ms === undefined ? undefined : String(ms / 1000);
    },
  },
};

/** Throws UsageError for a sysctl of Linux that somebody asked for, unless this Mac has just that value. */
export function checkSysctls({ values, explicit, where }: ResolvedSettings, host: Host): void {
  for (const name of settingsOf('sysctl')) {
    // The queue's length is held by the backlog: see queue.ts.
    if (name === 'somaxconn' || !explicit.has(name)) continue;
    const same = SAME[name];
    const has = same?.read(host);
    if (has !== undefined && has === String(values[name])) continue;
    const why =
      same === undefined
        ? 'macOS has no such setting'
        : `the native runtime never changes a host setting, and ${same.name} ${has === undefined ? 'cannot be read' : `is ${has}`} here`;
    throw new UsageError(
      `${where[name]}: ${name}: ${why}; allowed: leave it out, or --runtime docker, where the kernel is Linux`,
    );
  }
}
