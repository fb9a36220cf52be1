import { type Host, thisHost } from '../../system/host.ts';
import { highestNofile } from '../../system/machine-limits.ts';
import { checkMemory } from './memory.ts';
import { refused } from './refused.ts';
import type { ResolvedSettings } from './setting-sources.ts';
import { checkShares, portsOfSource, sourcesOf } from './shares.ts';

/** A fleet spreads over at most so many processes. */
export const MOST_SHARDS = 8;

/** Descriptors that a robots process needs for itself, generously. */
const ROBOTS_REST = 100;

/** Where a check looks: the machine, and how somebody gives it more sources. */
interface Place {
  host?: Host;
  moreSources?: string;
  /** Are the parts on other machines? What those have is not known. */
  elsewhere?: boolean;
}

/**
 * Throws UsageError when there are more users than local ports or descriptors of the robots, fewer than gateways or sources, or more of
 * all than memory, and says which. A range or a limit that somebody chose is an experiment: then the run itself shows what happens. macOS shares its range
 * among all destinations.
 */
export function checkCapacity(
  settings: ResolvedSettings,
  ownNamespace: boolean,
  { host = thisHost, moreSources = 'give more sources', elsewhere = false }: Place = {},
): void {
  const { users, gateways } = settings.values;
  checkShares(settings);
  const sources = sourcesOf(settings, ownNamespace);
  const { first, last, chosen } = portsOfSource(settings, ownNamespace, host);
  if (!chosen) {
    const destinations = host.platform === 'darwin' && !ownNamespace ? 1 : gateways;
    const ports = (last - first + 1) * sources * destinations;
    if (users > ports) {
      const from = sources === 1 ? 'one address' : `${sources} addresses`;
      const to = destinations === 1 ? '' : ` to ${destinations} gateways`;
      const more = ownNamespace ? `${moreSources}, or widen` : 'widen';
      throw refused(
        settings,
        'users',
        `ip_local_port_range ${first}-${last} has ports for ${ports} users from ${from}${to}; allowed: 1 to ${ports}, or ${more} ${portRangeName(host)}`,
      );
    }
  }
  if (elsewhere) return;
  const fleets = gateways * sources;
  if (!settings.explicit.has('robots_nofile')) {
    const most = fleets * mostRobots(highestNofile(host));
    if (users > most) {
      throw refused(
        settings,
        'users',
        `${MOST_SHARDS * fleets} robots processes have descriptors for ${most} users; allowed: 1 to ${most}, or raise the hard nofile`,
      );
    }
  }
  checkMemory(settings, sources, host);
}

/** How many users a fleet has descriptors for, under this hard limit of a process. */
export function mostRobots(nofile: number): number {
  return MOST_SHARDS * (nofile - ROBOTS_REST);
}

/** The largest number of users that a search may go to: a range or a limit that somebody chose is to be found by it. */
export function mostUsers(
  settings: ResolvedSettings,
  ownNamespace: boolean,
  { host = thisHost, elsewhere = false }: Omit<Place, 'moreSources'> = {},
): number {
  const { gateways, sources = 1 } = settings.values;
  const { first, last, chosen } = portsOfSource(settings, ownNamespace, host);
  const ports = (last - first + 1) * gateways * sources;
  const descriptors = elsewhere ? Infinity : gateways * sources * mostRobots(highestNofile(host));
  return Math.min(chosen ? ports + Math.max(16, Math.ceil(ports / 10)) : ports, descriptors);
}

/** The setting that widens the range: the lab's own, or on a Mac that of the kernel, which only root may change. */
function portRangeName({ platform }: Host): string {
  return platform === 'darwin' ? 'net.inet.ip.portrange.first and last as root' : 'ip_local_port_range';
}
