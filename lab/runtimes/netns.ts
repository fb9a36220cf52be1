import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { endsWithLab } from '../../common/children.ts';
import { Debug } from '../../common/debug.ts';
import { CannotRunError } from '../../common/errors.ts';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { thisHost } from '../../system/host.ts';
import { inPath } from '../../system/tools.ts';
import { refused, refusePublished } from '../settings/refused.ts';
import { aboutSetting, settingsOf } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { checkCgroups } from './cgroup/cgroups.ts';
import { addressOf } from './label.ts';
import { DELAY_SCRIPT, delayLocally, firstLine, refusedDelay } from './link-delay.ts';
import { checkNofile, localStage } from './native.ts';
import { checkFilter, filterLocally } from './packet-filter.ts';
import { LABEL_FLAG } from './processes.ts';
import type { Runtime } from './runtime.ts';
import { joinByTwoLinks, TWO_WAYS } from './two-links.ts';

const debug = new Debug('netns');

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
  },
  async open(settings, label) {
    const holder = await holdNamespace(settings, label);
    const enter = ['nsenter', '-t', String(holder.pid), '-n'];
    if (!isRoot()) enter.push('-U', '--preserve-credentials');
    const holders = [holder];
    const letAllGo = async () => {
      for (const one of holders.toReversed()) await letGo(one);
    };
    try {
      const twoWays = settings.values.way_back === 'other';
      const robots = twoWays ? await holdNamespace(settings, label, [...enter, '--']) : undefined;
      if (robots) {
        holders.push(robots);
        joinByTwoLinks([...enter, '--'], robots.pid as number, settings.values.rp_filter);
      }
      const enterRobots = enter.map((word) => (word === String(holder.pid) ? String(robots?.pid) : word));
      const stage = await localStage(
        settings,
        label,
        [...enter, '--'],
        true,
        twoWays ? TWO_WAYS.gateway : addressOf(label),
      );
      return {
        ...stage,
        start: (spec) =>
          twoWays && spec.role === 'robots'
            ? stage.start({ ...spec, env: { ...spec.env, SOURCE_ADDRESSES: TWO_WAYS.sources.join(',') } }, [
                ...enterRobots,
                '--',
              ])
            : stage.start(spec),
        filterPackets: (port) => filterLocally([...enter, '--'], port, settings.values),
        delayLink: (ms) => delayLocally([...enter, '--'], twoWays ? TWO_WAYS.device : 'lo', ms),
        async [Symbol.asyncDispose]() {
          await stage[Symbol.asyncDispose]();
          await letAllGo();
        },
      };
    } catch (error) {
      await letAllGo();
      throw error;
    }
  },
};

/** Lets a namespace go; resolves when its first process has. */
async function letGo(holder: ChildProcess): Promise<void> {
  holder.stdin?.end();
  if (holder.exitCode === null && holder.signalCode === null)
    await debug.wait(`the network namespace of pid ${holder.pid} to go`, once(holder, 'exit'));
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

const isRoot = () => process.getuid?.() === 0;

function unshareFlags(): string[] {
  return isRoot() ? ['--net'] : ['--user', '--map-root-user', '--net'];
}

/** Gets files and their values in turn, and last the label, by which `clean` finds it. */
const HOLD = [
  'ip link set lo up || exit 1',
  'while [ $# -gt 1 ]; do',
  '  printf "%s\\n" "$2" 2>/dev/null > "$1" || { echo "refused $1"; exit 1; }',
  '  shift 2',
  'done',
  'echo held',
  // Ends when the lab closes the pipe, or dies.
  'read -r _',
].join('\n');

/**
 * Makes the namespace, writes its sysctls, and resolves with the process that keeps it. `enter`: the prefix that enters another one, of
 * whose user namespace it is to be.
 */
async function holdNamespace(
  settings: ResolvedSettings,
  label: string,
  enter: readonly string[] = [],
): Promise<ChildProcess> {
  const writes = sysctlsOf(settings).flatMap(([name, value]) => [
    `/proc/sys/${name.replaceAll('.', '/')}`,
    value,
  ]);
  const argv = [...writes, LABEL_FLAG + label];
  // Beside another one it is of the same user namespace.
  const make = enter.length > 0 ? [...enter, 'unshare', '--net'] : ['unshare', ...unshareFlags()];
  const [command = '', ...flags] = make;
  const child = spawn(command, [...flags, '/bin/sh', '-c', HOLD, 'sh', ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  endsWithLab(child, { name: 'SIGKILL', group: true });
  child.stdin?.on('error', () => {});
  let said = '';
  const answer = new Promise<boolean>((resolve) => {
    child.stdout?.on('data', (chunk) => {
      said += chunk;
      if (said.includes('held\n')) resolve(true);
    });
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    child.once('error', () => resolve(false)).once('close', () => resolve(false));
  });
  const held = await debug.wait(`the network namespace of pid ${child.pid} to be set up`, answer);
  if (held) return child;
  const path = /refused (\S+)/.exec(said)?.[1];
  const name = settingsOf('sysctl').find((key) => path?.endsWith(`/${key}`));
  if (name === undefined)
    throw new CannotRunError(`network namespace: ${said.trim().split('\n')[0] || 'cannot be made'}`);
  throw refused(
    settings,
    name,
    'this kernel does not accept it in a network namespace; allowed: another value, or another runtime',
  );
}

/** Kernel names and values of the sysctls that are set, e.g. `net.core.somaxconn`, `16`. */
export function sysctlsOf(settings: ResolvedSettings): [string, string][] {
  return settingsOf('sysctl').flatMap((key) => {
    const value = settings.values[key];
    if (value === undefined) return [];
    return [[aboutSetting(key).sysctl as string, Array.isArray(value) ? value.join(' ') : String(value)]];
  });
}
