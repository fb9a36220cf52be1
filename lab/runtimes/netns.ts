import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { thisHost } from '../../system/host.ts';
import { inPath } from '../../system/tools.ts';
import { refusePublished } from '../settings/refused.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { sourcesOf } from '../settings/shares.ts';
import { checkCgroups } from './cgroup/cgroups.ts';
import { enterPrefix, holdNamespace, letGo, unshareFlags } from './held-namespace.ts';
import { addressOf } from './label.ts';
import { DELAY_SCRIPT, delayLocally, firstLine, refusedDelay } from './link-delay.ts';
import { checkNofile, localStage } from './native.ts';
import { checkFilter, filterLocally } from './packet-filter.ts';
import type { Runtime, Stage } from './runtime.ts';
import { openSpread } from './spread.ts';
import { joinByTwoLinks, refuseTwoLinks, TWO_WAYS } from './two-links.ts';

/**
 * Linux network namespace, no Docker: as root, or as an ordinary user in a user namespace of its own. The namespace
 * has no name: it lives as long as a process in it, and its first one ends when the lab's end of a pipe closes, so
 * that not even kill -9 leaves one behind.
 */
export const netns: Runtime = {
  name: 'netns',
  async missing() {
    if (thisHost.platform !== 'linux')
      return 'network namespaces are Linux only; use --runtime native or docker';
    for (const [tool, pkg] of TOOLS) {
      if (!inPath(tool)) return `${tool} is not installed; get it with: apt-get install ${pkg}`;
    }
    try {
      execFileSync('unshare', [...unshareFlags(), 'true'], { stdio: 'pipe' });
      return undefined;
    } catch {
      return 'this user may not make a network namespace; run as root, or allow it: sysctl kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)';
    }
  },
  async check(settings) {
    refusePublished(settings, 'netns');
    checkNofile(settings);
    await checkCgroups(settings);
    checkDelay(settings);
    checkFilter(settings, ['unshare', ...unshareFlags(), '--']);
    if (settings.values.gateways * sourcesOf(settings, true) > 1) refuseTwoLinks(settings);
  },
  async open(settings, label) {
    const sources = sourcesOf(settings, true);
    return settings.values.gateways * sources > 1
      ? openSpread(settings, label, sources)
      : openOne(settings, label);
  },
};

/** One gateway and its robots, over the loopback of one namespace, or between two by two links. */
async function openOne(settings: ResolvedSettings, label: string): Promise<Stage> {
  const holder = await holdNamespace(settings, label);
  const enter = enterPrefix(holder.pid as number);
  const holders = [holder];
  const letAllGo = async () => {
    for (const one of holders.toReversed()) await letGo(one);
  };
  try {
    const twoWays = settings.values.way_back === 'other';
    const robots = twoWays ? await holdNamespace(settings, label, enter) : undefined;
    if (robots) {
      holders.push(robots);
      joinByTwoLinks(enter, robots.pid as number, settings.values.rp_filter);
    }
    const enterRobots = robots ? enterPrefix(robots.pid as number) : enter;
    const host = twoWays ? TWO_WAYS.gateway : addressOf(label);
    const stage = await localStage(settings, label, enter, true, host);
    return {
      ...stage,
      start: (spec) =>
        twoWays && spec.role === 'robots'
          ? stage.start(
              { ...spec, env: { ...spec.env, SOURCE_ADDRESSES: TWO_WAYS.sources.join(',') } },
              enterRobots,
            )
          : stage.start(spec),
      filterPackets: (port) => filterLocally(enter, port, settings.values),
      delayLink: (ms) => delayLocally(enter, twoWays ? TWO_WAYS.device : 'lo', ms),
      async [Symbol.asyncDispose]() {
        await stage[Symbol.asyncDispose]();
        await letAllGo();
      },
    };
  } catch (error) {
    await letAllGo();
    throw error;
  }
}

const TOOLS = [
  ['unshare', 'util-linux'],
  ['nsenter', 'util-linux'],
  ['setpriv', 'util-linux'],
  ['ip', 'iproute2'],
] as const;

/** Throws UsageError when `link_delay_ms` is asked for and cannot be had here: tried in a namespace that goes at once. */
function checkDelay(settings: ResolvedSettings): void {
  const { link_delay_ms } = settings.values;
  if (link_delay_ms === 0) return;
  const script = 'ip link set lo up && exec /bin/sh "$@"';
  const argv = [join(PROJECT_ROOT, DELAY_SCRIPT), 'lo', String(link_delay_ms)];
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    [...unshareFlags(), '/bin/sh', '-c', script, 'sh', ...argv],
    { encoding: 'utf8' },
  );
  if (status === 0) return;
  const why = `this kernel, or its tc, cannot do it (${firstLine(stderr || stdout)})`;
  throw refusedDelay(settings, why, ', or with iproute2 and sch_netem or sch_tbf installed');
}
