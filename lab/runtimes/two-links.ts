import { execFileSync } from 'node:child_process';
import { CannotRunError, messageOf } from '../../common/errors.ts';
import { refused } from '../settings/refused.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { firstLine } from './link-delay.ts';

/** In namespaces of their own nobody else has these addresses. */
export const TWO_WAYS = {
  gateway: '10.213.0.1',
  /** Every second user comes from the second: by the first link, and its answers go by the other one. */
  sources: ['10.213.0.2', '10.213.1.1'],
  /** Of the gateway's, that by which all packets come. */
  device: 'there',
} as const;

const PATIENCE_MS = 10_000;

/** In the gateway's namespace, with the other's pid and the gateway's rp_filter: what is written for the other goes by nsenter. */
const JOIN = [
  'set -e',
  'pid=$1',
  'robots() { nsenter -t "$pid" -n -- "$@"; }',
  // All before any link is there: a new one takes what stands in `default`, and of it and `all` the greater holds (ip-sysctl.rst).
  'for which in all default; do',
  '  echo "$2" > /proc/sys/net/ipv4/conf/$which/rp_filter',
  '  robots sh -c "echo 0 > /proc/sys/net/ipv4/conf/$which/rp_filter"',
  'done',
  'ip link add there type veth peer name there netns "$pid"',
  'ip link add back type veth peer name back netns "$pid"',
  'ip addr add 10.213.0.1/30 dev there',
  'ip addr add 10.213.0.5/30 dev back',
  'robots ip addr add 10.213.0.2/30 dev there',
  'robots ip addr add 10.213.0.6/30 dev back',
  'robots ip addr add 10.213.1.1/32 dev lo',
  'for link in there back; do ip link set $link up; robots ip link set $link up; done',
  'ip route add 10.213.1.1/32 via 10.213.0.6 dev back',
].join('\n');

/**
 * Joins the gateway's network namespace, which `prefix` enters, with that of the process `robots` by two links. Throws CannotRunError
 * with the words of ip(8).
 */
export function joinByTwoLinks(prefix: readonly string[], robots: number, rpFilter: number): void {
  const [command = '', ...args] = [...prefix, 'sh', '-c', JOIN, 'sh', String(robots), String(rpFilter)];
  try {
    execFileSync(command, args, { timeout: PATIENCE_MS, stdio: 'pipe' });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: Buffer | string };
    throw new CannotRunError(`two links: ${firstLine(String(stderr)) || messageOf(error)}`);
  }
}

/** Throws UsageError when two links are asked for where there can be none. */
export function refuseTwoLinks(settings: ResolvedSettings): void {
  if (settings.values.way_back === 'same') return;
  throw refused(
    settings,
    'way_back',
    'it needs two namespaces of its own; allowed: same, or --runtime netns with one gateway and one source',
  );
}
