import { execFileSync, spawnSync } from 'node:child_process';
import { CannotRunError, messageOf } from '../../common/errors.ts';
import { inPath } from '../../system/tools.ts';
import { refused } from '../settings/refused.ts';
import type { Settings } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { firstLine } from './link-delay.ts';

const PATIENCE_MS = 10_000;
const SYN = 'tcp flags & (syn | ack) == syn';
const DATA = 'tcp flags & (psh | ack) == (psh | ack)';

/** Which packets each word meets, and what it does to them. */
const RULES: Readonly<Record<string, readonly [meets: string, does: string]>> = {
  drop: [SYN, 'drop'],
  reject: [SYN, 'reject'],
  reset: [SYN, 'reject with tcp reset'],
  cut: [DATA, 'reject with tcp reset'],
};

type Filter = Pick<Settings, 'packet_filter' | 'filter_beyond' | 'filter_per_second'>;

/** The ruleset as nft(8) reads it: the first packets pass (the bucket of `limit` is full at first), then so many a second. */
export function rulesetOf(port: number, { packet_filter, filter_beyond, filter_per_second }: Filter): string {
  const [meets, does] = RULES[packet_filter] ?? [];
  // There is no rate of nothing: one a day.
  const rate = filter_per_second > 0 ? `${filter_per_second}/second` : '1/day';
  return [
    'table inet resetlab {',
    '  chain input {',
    '    type filter hook input priority 0;',
    `    tcp dport ${port} ${meets} limit rate over ${rate} burst ${filter_beyond} packets counter ${does}`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Puts it into the network namespace that `prefix` enters, with which it goes. Throws CannotRunError with nft's own words. */
export async function filterLocally(prefix: readonly string[], port: number, filter: Filter): Promise<void> {
  const [command = '', ...args] = [...prefix, 'nft', '-f', '-'];
  try {
    execFileSync(command, args, { input: rulesetOf(port, filter), timeout: PATIENCE_MS, stdio: 'pipe' });
  } catch (error) {
    const { stderr = '' } = error as { stderr?: Buffer | string };
    throw new CannotRunError(`packet filter: ${firstLine(String(stderr)) || messageOf(error)}`);
  }
}

/** Throws UsageError when a filter is asked for and cannot be had here: tried in a namespace that `prefix` makes and that goes at once. */
export function checkFilter(settings: ResolvedSettings, prefix: readonly string[]): void {
  const { values } = settings;
  if (values.packet_filter === 'none') return;
  if (!inPath('nft'))
    throw refused(
      settings,
      'packet_filter',
      'nft is not installed; allowed: none, or install it: apt-get install nftables',
    );
  const [command = '', ...args] = [...prefix, 'nft', '-f', '-'];
  const { status, stderr } = spawnSync(command, args, {
    input: rulesetOf(1, values),
    encoding: 'utf8',
    timeout: PATIENCE_MS,
  });
  if (status !== 0)
    throw refused(
      settings,
      'packet_filter',
      `this kernel, or its nft, cannot do it (${firstLine(stderr ?? '')}); allowed: none`,
    );
}

/** Throws UsageError when a filter is asked for where there can be none, and says why. */
export function refuseFilter(settings: ResolvedSettings, why: string): void {
  if (settings.values.packet_filter === 'none') return;
  throw refused(settings, 'packet_filter', `${why}; allowed: none, or --runtime netns`);
}
