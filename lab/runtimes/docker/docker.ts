import type Docker from 'dockerode';
import { CannotRunError, messageOf, type UsageError } from '../../../common/errors.ts';
import { retryUntil } from '../../../common/waiting.ts';
import { refused } from '../../settings/refused.ts';
import { aboutSetting, CLIENT_SYSCTLS, settingsOf } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { sourcesOf } from '../../settings/shares.ts';
import { refuseFilter } from '../packet-filter.ts';
import type { Part, PartSpec, Role, Runtime, Stage } from '../runtime.ts';
import { sysctlsOf } from '../sysctls.ts';
import { refuseTwoLinks } from '../two-links.ts';
import { dockerClient, missingEngine, RUN_LABEL } from './client.ts';
import { type Place, type RunningContainer, startContainer } from './container.ts';
import { checkContainerDelay, delayContainer } from './container-link.ts';
import { checkEngineNofile, checkEngineQuota, quotaOf } from './engine-limits.ts';
import { ensureImage, ensureK6Image } from './image.ts';
import { missingSources } from './missing-sources.ts';
import { checkPublished, Published, publishing } from './published.ts';

/**
 * Containers on an internal network: no way out, and no published port whose proxy would hide the gateway's queue, unless
 * that is the experiment (`via=published`).
 */
export const docker: Runtime = {
  name: 'docker',
  missing: async () => (await missingEngine()) ?? missingSources(),
  async check(settings, signal) {
    checkPublished(settings, CLIENT_SYSCTLS);
    refuseFilter(settings, 'its image has no nft');
    refuseTwoLinks(settings);
    refuseSpreadPublished(settings);
    await checkOnEngine(dockerClient(), settings, signal);
  },
  async open(settings, label, signal) {
    const client = dockerClient();
    const image = await ensureImage(client, signal);
    const labels = { [RUN_LABEL]: label };
    const network = await client.createNetwork({
      Name: label,
      Driver: 'bridge',
      // An internal network publishes nothing (libnetwork, drivers/bridge).
      Internal: settings.values.via !== 'published',
      Labels: labels,
    });
    return stageOn({ client, image, network, labels, settings });
  },
};

/** Throws UsageError for what this engine refuses of the settings: tried with the image, which may have to be built. */
export async function checkOnEngine(
  client: Docker,
  settings: ResolvedSettings,
  signal?: AbortSignal,
): Promise<void> {
  const image = await ensureImage(client, signal);
  await checkEngineNofile(client, image, settings);
  await checkEngineQuota(client, settings);
  await checkContainerDelay(client, image, settings);
}

/** Kernel names and values of the sysctls that a part's own network namespace gets. */
export function sysctlsFor(role: Role, settings: ResolvedSettings): Record<string, string> {
  const clientSide = new Set<string | undefined>(CLIENT_SYSCTLS.map((name) => aboutSetting(name).sysctl));
  return Object.fromEntries(
    sysctlsOf(settings).filter(([name]) => clientSide.has(name) === (role === 'robots')),
  );
}

/** Throws UsageError for users of several gateways, or from several sources, that are to come through the one published port. */
function refuseSpreadPublished(settings: ResolvedSettings): void {
  const { via, gateways } = settings.values;
  if (via === 'direct' || gateways * sourcesOf(settings, true) === 1) return;
  throw refused(
    settings,
    'via',
    'one port is published, for one gateway; allowed: direct, or gateways=1 and sources=1',
  );
}

/** Of the 1024 that a container has: between containers the robots' own nice(2) counts for nothing (Linux sched(7), group scheduling). */
const ROBOTS_SHARES = 128;

interface Ground {
  client: Docker;
  image: string;
  network: Docker.Network;
  labels: Record<string, string>;
  settings: ResolvedSettings;
}

function stageOn({ client, image, network, labels, settings }: Ground): Stage {
  const { via, port, proxy_nofile } = settings.values;
  const containers: RunningContainer[] = [];
  const gateways: RunningContainer[] = [];
  const targets: string[] = [];
  /** The container that has the network namespace of a source: each fleet of it joins that of the first. */
  const sources: RunningContainer[] = [];
  let published: Published | undefined;
  const several = settings.values.gateways > 1 || sourcesOf(settings, true) > 1;

  function placeOf({ role, gateway = 0, source = 0 }: PartSpec): Place {
    if (role === 'observer') {
      const beside = `container:${gateways[gateway]?.id}`;
      return { network: beside, pid: beside, sysctls: {} };
    }
    const first = sources[source];
    if (role === 'robots' && first)
      return { network: `container:${first.id}`, sysctls: {}, quota: { CpuShares: ROBOTS_SHARES } };
    // Only the host reaches a port of its loopback.
    if (role === 'robots' && via === 'published') return { network: 'host', sysctls: {} };
    return {
      ...(via === 'published' && { published: publishing(port) }),
      network: network.id,
      sysctls: sysctlsFor(role, settings),
      ...(role === 'gateway' && { quota: quotaOf(settings.values) }),
      ...(role === 'robots' && several && { quota: { CpuShares: ROBOTS_SHARES } }),
    };
  }

  const stage = {
    listenHost: '0.0.0.0',
    targetHost: '',
    targetPort: undefined as number | undefined,
    hasK6: true,
    exclusive: true,
    targetOf: (gateway: number) => targets[gateway] ?? '',
    ...(several && { sources: sourcesOf(settings, true) }),
    async start(spec: PartSpec): Promise<Part> {
      const from = spec.tool === 'k6' ? await ensureK6Image(client) : image;
      const started = await startContainer(client, from, spec, placeOf(spec), labels).catch((error) => {
        throw refusal(error, spec, settings);
      });
      containers.push(started);
      const { role, gateway = 0, source = 0 } = spec;
      if (role === 'robots' && several) sources[source] ??= started;
      if (role !== 'gateway') return started;
      gateways[gateway] = started;
      const container = client.getContainer(started.id);
      const { NetworkSettings } = await container.inspect();
      targets[gateway] = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
      if (via === 'published') {
        published = await Published.of(container, port, proxy_nofile);
        targets[gateway] = published.host;
        stage.targetPort = published.port;
      }
      if (gateway === 0) stage.targetHost = targets[0] ?? '';
      return started;
    },
    proxy: () => published?.seen(),
    async delayLink(ms: number, number = 0) {
      const gateway = gateways[number];
      if (gateway === undefined) throw new CannotRunError('link delay: the gateway has not been started');
      return delayContainer(client, image, gateway.id, ms);
    },
    async [Symbol.asyncDispose]() {
      published?.stop();
      await Promise.all(
        containers.map(({ id }) => client.getContainer(id).remove({ force: true }).catch(ignoreGone)),
      );
      let error: unknown;
      // AutoRemove may still be under way when `remove` has said so; the network goes when its last container has gone.
      const removeNetwork = async () => {
        error = await network.remove().then(() => undefined, ignoreGone);
        return error === undefined || undefined;
      };
      if (!(await retryUntil(removeNetwork, { everyMs: 100, forMs: 5000 }))) throw error;
    },
  } satisfies Stage;
  return stage;
}

function ignoreGone(error: { statusCode?: number }): unknown {
  // 404: gone; 409: being removed.
  return error.statusCode === 404 || error.statusCode === 409 ? undefined : error;
}

/** The engine's refusal as one line that names the setting. */
function refusal(error: unknown, spec: PartSpec, settings: ResolvedSettings): Error {
  const text = messageOf(error).replace(/\s+/g, ' ');
  return (
    refusedSysctl(text, settings, 'this engine or kernel') ??
    new CannotRunError(`docker: ${spec.role}: ${text}`)
  );
}

/** The setting whose sysctl an engine's refusal names, if it does. */
export function refusedSysctl(text: string, settings: ResolvedSettings, who: string): UsageError | undefined {
  const sysctl = settingsOf('sysctl').find((name) => text.includes(name));
  return sysctl && refused(settings, sysctl, `${who} refuses it`);
}
