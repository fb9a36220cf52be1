import { createServer } from 'node:net';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { type Host, thisHost } from '../../system/host.ts';
import { highestNofile, nofileBound } from '../../system/machine-limits.ts';
import { refused, refusePublished } from '../settings/refused.ts';
import { aboutSetting, settingsOf } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { checkCgroups, makeCgroups, removeCgroups } from './cgroup/cgroups.ts';
import { checkQueue, checkSysctls, heldBacklog } from './darwin/check-mac.ts';
import { waitForPorts } from './darwin/free-ports.ts';
import { newLabel } from './label.ts';
import { refusedDelay } from './link-delay.ts';
import { refuseFilter } from './packet-filter.ts';
import { endAll, startProcess } from './processes.ts';
import type { Part, PartSpec, Runtime, Stage } from './runtime.ts';
import { refuseTwoLinks } from './two-links.ts';

/** Plain processes on this host, over its loopback. Host settings are never changed. */
export function nativeOn(host: Host): Runtime {
  const mac = host.platform === 'darwin';
  return {
    name: 'native',
    async missing() {
      return undefined;
    },
    async check(settings) {
      if (mac) {
        checkSysctls(settings, host);
        checkQueue(settings, host);
      } else refuseSysctls(settings);
      refusePublished(settings, 'native');
      checkNofile(settings, host);
      if (settings.values.link_delay_ms > 0)
        throw refusedDelay(
          settings,
          "it would be this host's loopback",
          mac ? ', or --runtime docker' : ', or --runtime netns or docker',
        );
      refuseFilter(settings, "it would be this host's own firewall");
      refuseTwoLinks(settings);
      refuseSources(settings);
      await checkCgroups(settings);
      for (const port of portsOfGateways(settings)) await checkPort(port);
    },
    async open(settings, label) {
      const { users, waiting } = settings.values;
      if (mac) await waitForPorts(users + waiting, host);
      const stage = await severalStages(settings, label);
      return mac ? withQueue(stage, settings) : stage;
    },
  };
}

/** On the machine that the lab runs on. */
export const native: Runtime = nativeOn(thisHost);

/** On one address the gateways differ by their ports. */
function portsOfGateways({ values: { port, gateways } }: ResolvedSettings): number[] {
  return port === 0 ? [0] : Array.from({ length: gateways }, (_, gateway) => port + gateway);
}

/** Throws UsageError when robots are to come from several addresses: a host's own are not ours to add to. */
function refuseSources(settings: ResolvedSettings): void {
  if ((settings.values.sources ?? 1) === 1) return;
  throw refused(
    settings,
    'sources',
    "it would take addresses of this host's own; allowed: 1, or --runtime netns or docker",
  );
}

/** One stage for each gateway, with cgroups and a port of its own. */
async function severalStages(settings: ResolvedSettings, label: string): Promise<Stage> {
  const places: LocalStage[] = [];
  for (let gateway = 0; gateway < settings.values.gateways; gateway += 1)
    places.push(await localStage(settings, gateway === 0 ? label : newLabel(), [], false));
  const [first] = places as [LocalStage];
  if (places.length === 1) return first;
  return {
    ...first,
    sources: 1,
    start: ({ gateway = 0, ...spec }) => (places[gateway] as LocalStage).start(spec),
    async [Symbol.asyncDispose]() {
      await Promise.all(places.map((place) => place[Symbol.asyncDispose]()));
    },
  };
}

function refuseSysctls(settings: ResolvedSettings): void {
  for (const name of settingsOf('sysctl')) {
    if (!settings.explicit.has(name)) continue;
    throw new UsageError(
      `${settings.where[name]}: ${name}: the native runtime never changes a host setting; ` +
        `allowed: leave it out, or --runtime netns or docker, or set ${aboutSetting(name).sysctl} yourself`,
    );
  }
}

/** The stage, with the gateway's backlog as short as `somaxconn` was asked to be. */
function withQueue(stage: Stage, { values }: ResolvedSettings): Stage {
  const BACKLOG = String(heldBacklog(values));
  return {
    ...stage,
    start: (spec) => stage.start(spec.role === 'gateway' ? { ...spec, env: { ...spec.env, BACKLOG } } : spec),
  };
}

/** Throws UsageError when a limit is above what a child of the lab can have. */
export function checkNofile(settings: ResolvedSettings, host = thisHost): void {
  const highest = highestNofile(host);
  for (const name of ['nofile', 'robots_nofile'] as const) {
    const value = settings.values[name];
    if (value === undefined || value <= highest) continue;
    throw refused(
      settings,
      name,
      `above the hard limit; allowed: at most ${highest} on this machine (${nofileBound(host)})`,
    );
  }
}

/** Throws UsageError when something listens on that port of 127.0.0.1. */
async function checkPort(port: number): Promise<void> {
  const probe = createServer();
  await new Promise<void>((resolve, reject) => {
    probe.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'is taken on 127.0.0.1' : `cannot be used (${error.code})`;
      reject(new UsageError(`port=${port}: ${why}; allowed: any free port, e.g. --set port=${port + 1}`));
    });
    probe.listen({ port, host: '127.0.0.1', exclusive: true }, () => probe.close(() => resolve()));
  });
}

/** A stage on which one part may be started behind another prefix than all others. */
export interface LocalStage extends Stage {
  start(spec: PartSpec, otherPrefix?: readonly string[]): Promise<Part>;
}

/**
 * A stage of local processes, each started behind `prefix`, over the loopback; the gateway at `host`, and in cgroups of its own
 * when it has limits.
 */
export async function localStage(
  settings: ResolvedSettings,
  label: string,
  prefix: readonly string[],
  exclusive: boolean,
  host = '127.0.0.1',
): Promise<LocalStage> {
  const cgroups = await makeCgroups(settings.values, label);
  const parts = new Set<Part>();
  return {
    listenHost: host,
    targetHost: host,
    hasK6: false,
    exclusive,
    async start(spec: PartSpec, otherPrefix = prefix) {
      const part = startProcess(spec, label, otherPrefix, spec.role === 'gateway' ? cgroups : []);
      parts.add(part);
      return part;
    },
    async delayLink() {
      throw new CannotRunError("link delay: it would be this host's loopback");
    },
    async [Symbol.asyncDispose]() {
      await endAll(parts);
      await removeCgroups(cgroups);
    },
  };
}
