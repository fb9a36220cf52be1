import { UsageError } from '../../../common/errors.ts';
import { darwinQueueCapacity } from '../../../system/darwin/queue-limit.ts';
import { type Host, sysctlNumber } from '../../../system/host.ts';
import { localPorts } from '../../../system/local-ports.ts';
import { refused } from '../../settings/refused.ts';
import { type SettingName, type Settings, settingsOf } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';

/** so_qlimit is a short (XNU bsd/sys/socketvar.h). */
const LONGEST_QUEUE = 32_767;

/** SOMAXCONN (XNU bsd/sys/socket.h), for where the sysctl cannot be read. */
const SOMAXCONN = 128;

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
    // The queue's length is held by the backlog: see checkQueue.
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

/**
 * What the gateway passes to listen(2) on macOS. kern.ipc.somaxconn needs root, so a smaller one is held by the backlog: the
 * queue's limit is the smaller of the two (XNU bsd/kern/uipc_socket.c solisten), fixed when the gateway listens.
 */
export function heldBacklog({ backlog, somaxconn }: Pick<Settings, 'backlog' | 'somaxconn'>): number {
  return Math.min(backlog, somaxconn);
}

/** Throws UsageError for a listen queue that this Mac does not give, with what would. Nothing is changed. */
export function checkQueue(settings: ResolvedSettings, host: Host): void {
  const { somaxconn: asked } = settings.values;
  const has = sysctlNumber(host, 'kern.ipc.somaxconn') ?? SOMAXCONN;
  if (settings.explicit.has('somaxconn') && asked > has) {
    const how =
      has >= LONGEST_QUEUE
        ? ''
        : `; more only as root: sudo sysctl -w kern.ipc.somaxconn=${Math.min(asked, LONGEST_QUEUE)} (for every listener of this Mac that listens ` +
          `from then on, until it starts again; back with: sudo sysctl -w kern.ipc.somaxconn=${has})`;
    throw refused(
      settings,
      'somaxconn',
      `kern.ipc.somaxconn is ${has} here; allowed: 1 to ${Math.min(has, LONGEST_QUEUE)}${how}`,
    );
  }
  const backlog = heldBacklog(settings.values);
  const soqlimitcompat = sysctlNumber(host, 'kern.ipc.soqlimitcompat') ?? 1;
  if (darwinQueueCapacity({ backlog, somaxconn: has, soqlimitcompat }) > 0) return;
  throw refused(
    settings,
    'backlog',
    `with kern.ipc.somaxconn=${has} the queue's limit, a short, would not be above 0, and every SYN dropped; allowed: 1 to ${LONGEST_QUEUE}`,
  );
}
