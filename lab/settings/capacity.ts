import { type Host, thisHost } from '../../system/host.ts';
import { localPorts } from '../../system/local-ports.ts';
import { highestNofile } from '../../system/machine-limits.ts';
import { refused } from './refused.ts';
import type { ResolvedSettings } from './setting-sources.ts';

/** What a fresh network namespace hands out (Linux net/ipv4/af_inet.c inet_init_net). */
const FRESH_RANGE = { first: 32_768, last: 60_999 };

/** A fleet spreads over at most so many processes. */
export const MOST_SHARDS = 8;

/** Descriptors that a robots process needs for itself, generously. */
const ROBOTS_REST = 100;

/**
 * Throws UsageError when there are more users than local ports or descriptors of the robots, and says which. A range
 * or a limit that somebody chose is an experiment: then the run itself shows what happens. macOS shares its range among all
 * destinations.
 */
export function checkCapacity(settings: ResolvedSettings, ownNamespace: boolean, host = thisHost): void {
  const { users } = settings.values;
  if (!settings.explicit.has('ip_local_port_range')) {
    const { first, last } = ownNamespace ? FRESH_RANGE : localPorts(host);
    const ports = last - first + 1;
    if (users > ports) {
      throw refused(
        settings,
        'users',
        `ip_local_port_range ${first}-${last} has ports for ${ports} users from one address; allowed: 1 to ${ports}, or widen ${portRangeName(host)}`,
      );
    }
  }
  if (!settings.explicit.has('robots_nofile')) {
    const most = mostRobots(highestNofile(host));
    if (users > most) {
      throw refused(
        settings,
        'users',
        `${MOST_SHARDS} robots processes have descriptors for ${most} users; allowed: 1 to ${most}, or raise the hard nofile`,
      );
    }
  }
}

/** How many users a fleet has descriptors for, under this hard limit of a process. */
export function mostRobots(nofile: number): number {
  return MOST_SHARDS * (nofile - ROBOTS_REST);
}

/** The largest number of users that a search may go to: a range or a limit that somebody chose is to be found by it. */
export function mostUsers(
  { values, explicit }: ResolvedSettings,
  ownNamespace: boolean,
  host = thisHost,
): number {
  const chosen = explicit.has('ip_local_port_range') ? values.ip_local_port_range : undefined;
  const fresh = ownNamespace ? FRESH_RANGE : localPorts(host);
  const [first, last] = chosen ?? [fresh.first, fresh.last];
  const ports = last - first + 1;
  const descriptors = mostRobots(highestNofile(host));
  return Math.min(chosen ? ports + Math.max(16, Math.ceil(ports / 10)) : ports, descriptors);
}

/** The setting that widens the range: the lab's own, or on a Mac that of the kernel, which only root may change. */
function portRangeName({ platform }: Host): string {
  return platform === 'darwin' ? 'net.inet.ip.portrange.first and last as root' : 'ip_local_port_range';
}
