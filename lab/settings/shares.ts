import { SETTINGS } from '../../protocol/settings.ts';
import { type Host, thisHost } from '../../system/host.ts';
import { localPorts } from '../../system/local-ports.ts';
import { refused } from './refused.ts';
import type { Settings } from './schema.ts';
import type { ResolvedSettings } from './setting-sources.ts';

/** What a fresh network namespace hands out (Linux net/ipv4/af_inet.c inet_init_net). */
const FRESH_RANGE = { first: 32_768, last: 60_999 };

/** The users who go from one source to one gateway; both are counted from 0. */
export interface Share {
  gateway: number;
  source: number;
  users: number;
  /** The number of the first of them; the others follow. */
  firstId: number;
}

/**
 * Who goes where: by number, each gateway to have as many as any other or one more, and each source the same of those of one gateway. So
 * the sum of what the gateways hold is exact: nobody is turned away at one while another has room for a user more.
 */
export function sharesOf(
  { users, gateways }: Pick<Settings, 'users' | 'gateways'>,
  sources: number,
): Share[] {
  let firstId = 0;
  return partsOf(users, gateways).flatMap((those, gateway) =>
    partsOf(those, sources).map((some, source) => {
      const share = { gateway, source, users: some, firstId };
      firstId += some;
      return share;
    }),
  );
}

/** The users of each gateway. */
export function usersOfEach({ users, gateways }: Pick<Settings, 'users' | 'gateways'>): number[] {
  return partsOf(users, gateways);
}

function partsOf(whole: number, parts: number): number[] {
  const boundary = (index: number) => Math.floor((whole * index) / parts);
  return Array.from({ length: parts }, (_, index) => boundary(index + 1) - boundary(index));
}

/** The local ports that the robots have from one address, by these settings. */
export function portsOfSource(
  { values, explicit }: Pick<ResolvedSettings, 'values' | 'explicit'>,
  ownNamespace: boolean,
  host: Host = thisHost,
): { first: number; last: number; chosen: boolean } {
  const range = values.ip_local_port_range;
  if (explicit.has('ip_local_port_range') && range) return { first: range[0], last: range[1], chosen: true };
  return { ...(ownNamespace ? FRESH_RANGE : localPorts(host)), chosen: false };
}

/**
 * How many addresses the robots come from: as many as were asked for, else as many as the users of one gateway need. A port that
 * connect(2) chose is taken for one gateway alone (Linux net/ipv4/inet_hashtables.c __inet_check_established looks at both ends), so
 * each source has its ports once for each gateway. It tries every second port first (__inet_hash_connect), so there are as many sources
 * as half of the range suffices for, unless one does for all. A range that somebody chose is to be met: then it is one, unless asked for.
 */
export function sourcesOf(
  settings: Pick<ResolvedSettings, 'values' | 'explicit'>,
  ownNamespace: boolean,
): number {
  const { sources } = settings.values;
  if (sources !== undefined) return sources;
  const { first, last, chosen } = portsOfSource(settings, ownNamespace);
  if (chosen || !ownNamespace) return 1;
  const most = Math.max(...usersOfEach(settings.values)) + settings.values.waiting;
  const ports = last - first + 1;
  if (settings.values.gateways === 1 && most <= ports) return 1;
  // Once every second port is taken, each connect(2) looks at all of those in vain before it turns to the rest.
  return Math.min(SETTINGS.sources.max, Math.ceil(most / Math.floor(ports / 2)));
}

/** Throws UsageError for gateways or sources that no user would go to, or come from, and for gateways without a port. */
export function checkShares(settings: ResolvedSettings): void {
  const { users, gateways, sources = 1, port } = settings.values;
  if (gateways > users)
    throw refused(settings, 'gateways', `there are ${users} users; allowed: 1 to ${users}`);
  const each = Math.floor(users / gateways);
  if (sources > each) {
    const some = gateways === 1 ? `there are ${users} users` : `${gateways} gateways have ${each} users each`;
    throw refused(settings, 'sources', `${some}; allowed: 1 to ${each}`);
  }
  const last = SETTINGS.port.max + 1 - gateways;
  if (port > last)
    throw refused(settings, 'port', `each of ${gateways} gateways has the next one; allowed: 1 to ${last}`);
}
