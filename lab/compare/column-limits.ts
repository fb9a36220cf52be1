import { darwinQueueCapacity, darwinQueueLimit } from '../../system/darwin/queue-limit.ts';
import { acceptQueueCapacity } from '../laws/accept-queue-law.ts';
import { darwinSynTimes, type SynTimes, synTimes } from '../laws/retransmission-law.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import type { Column } from './comparison-document.ts';

/** The number of that name; undefined where it is none. */
export function numberOf(settings: EffectiveSettings, name: string): number | undefined {
  const value = settings[name];
  return value === undefined || !/^-?\d+$/.test(String(value)) ? undefined : Number(value);
}

/** The listen queue as these settings make it; undefined where they are not known. */
export function queueOf({ os, settings }: Column) {
  const [backlog, somaxconn] = [numberOf(settings, 'backlog'), numberOf(settings, 'somaxconn')];
  if (backlog === undefined || somaxconn === undefined) return undefined;
  if (os === 'linux')
    return {
      backlog,
      somaxconn,
      limit: Math.min(backlog, somaxconn),
      holds: acceptQueueCapacity(backlog, somaxconn),
    };
  const soqlimitcompat = numberOf(settings, 'kern.ipc.soqlimitcompat') ?? 1;
  const queue = { backlog, somaxconn, soqlimitcompat };
  return { ...queue, limit: darwinQueueLimit(queue), holds: darwinQueueCapacity(queue) };
}

/** When a SYN without an answer is sent again at these settings, and when connect(2) gives up. */
export function synTimesOf({ os, settings }: Column): SynTimes {
  return os === 'linux'
    ? // Kernels before 6.5 have no linear time-outs, and no such sysctl.
      synTimes(numberOf(settings, 'tcp_syn_retries') ?? 6, numberOf(settings, 'tcp_syn_linear_timeouts') ?? 0)
    : darwinSynTimes(numberOf(settings, 'net.inet.tcp.keepinit'));
}
