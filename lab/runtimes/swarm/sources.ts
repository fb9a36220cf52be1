import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { sourcesOf } from '../../settings/shares.ts';

/**
 * How many containers of robots there are: as many as were asked for, else as anywhere, but one for each of these nodes at least. A limit of
 * the robots that is set, by somebody or by a case, is to be met: it would not be by users who are spread.
 */
export function sourcesFor(settings: ResolvedSettings, nodes: number): number {
  const { sources, users, gateways, ip_local_port_range, robots_nofile } = settings.values;
  const usual = sourcesOf(settings, true);
  if (sources !== undefined || ip_local_port_range !== undefined || robots_nofile !== undefined) return usual;
  return Math.max(usual, Math.min(nodes, Math.floor(users / gateways)), 1);
}
