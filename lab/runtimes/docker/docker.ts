import type Docker from 'dockerode';
import { CannotRunError, messageOf, UsageError } from '../../../common/errors.ts';
import { aboutSetting, CLIENT_SYSCTLS, settingsOf } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { sysctlsOf } from '../netns.ts';
import type { LinkQdisc, PartSpec, ProxySeen, Role, Runtime, Stage } from '../runtime.ts';
import { dockerClient, missingEngine, RUN_LABEL } from './client.ts';
import { type Place, type RunningContainer, startContainer } from './container.ts';
import { checkEngineNofile } from './container-limits.ts';
import { checkContainerDelay, delayContainer } from './container-link.ts';
import { ensureImage, ensureK6Image } from './image.ts';
import { checkPublished, Published, publishing } from './published.ts';
import { checkEngineQuota, quotaOf } from './quota.ts';

/**
 * Containers on an internal network: no way out, and no published port whose proxy would hide the gateway's queue, unless
 * that is the experiment (`via=published`).
 */
export const docker: Runtime = {
  name: 'docker',
  missing: missingEngine,
  async check(settings, signal) {
    checkPublished(settings, CLIENT_SYSCTLS);
    const client = dockerClient();
    const image = await ensureImage(client, signal);
    await checkEngineNofile(client, image, settings);
    await checkEngineQuota(client, settings);
    await checkContainerDelay(client, image, settings);
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
    return new DockerStage(client, image, network, settings, labels);
  },
};

const CLIENT_SIDE = new Set<string | undefined>(CLIENT_SYSCTLS.map((name) => aboutSetting(name).sysctl));

/** Kernel names and values of the sysctls that a part's own network namespace gets. */
export function sysctlsFor(role: Role, settings: ResolvedSettings): Record<string, string> {
  const own = sysctlsOf(settings).filter(([name]) => CLIENT_SIDE.has(name) === (role === 'robots'));
  return Object.fromEntries(own);
}

class DockerStage implements Stage {
  readonly listenHost = '0.0.0.0';
  readonly hasK6 = true;
  readonly exclusive = true;
  targetHost = '';
  targetPort: number | undefined;
  #published: Published | undefined;
  readonly #containers: RunningContainer[] = [];
  #gateway: RunningContainer | undefined;
  readonly #client: Docker;
  readonly #image: string;
  readonly #network: Docker.Network;
  readonly #settings: ResolvedSettings;
  readonly #labels: Record<string, string>;

  constructor(
    client: Docker,
    image: string,
    network: Docker.Network,
    settings: ResolvedSettings,
    labels: Record<string, string>,
  ) {
    this.#client = client;
    this.#image = image;
    this.#network = network;
    this.#settings = settings;
    this.#labels = labels;
  }

  async start(spec: PartSpec): Promise<RunningContainer> {
    const image = spec.tool === 'k6' ? await ensureK6Image(this.#client) : this.#image;
    const started = await startContainer(this.#client, image, spec, this.#place(spec), this.#labels).catch(
      (error) => {
        throw refusal(error, spec, this.#settings);
      },
    );
    this.#containers.push(started);
    if (spec.role === 'gateway') {
      this.#gateway = started;
      const { NetworkSettings } = await this.#client.getContainer(started.id).inspect();
      this.targetHost = Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
      await this.#publish(started.id);
    }
    return started;
  }

  async #publish(id: string): Promise<void> {
    const { via, port, proxy_nofile } = this.#settings.values;
    if (via !== 'published') return;
    this.#published = await Published.of(this.#client.getContainer(id), port, proxy_nofile);
    this.targetHost = this.#published.host;
    this.targetPort = this.#published.port;
  }

  proxy(): ProxySeen | undefined {
    return this.#published?.seen();
  }

  #place({ role }: PartSpec): Place {
    if (role === 'observer') {
      const gateway = `container:${this.#gateway?.id}`;
      return { network: gateway, pid: gateway, sysctls: {} };
    }
    const { via, port } = this.#settings.values;
    // Only the host reaches a port of its loopback.
    if (role === 'robots' && via === 'published') return { network: 'host', sysctls: {} };
    return {
      ...(via === 'published' ? { published: publishing(port) } : {}),
      network: this.#network.id,
      sysctls: sysctlsFor(role, this.#settings),
      ...(role === 'gateway' ? { quota: quotaOf(this.#settings.values) } : {}),
    };
  }

  async delayLink(ms: number): Promise<LinkQdisc> {
    if (this.#gateway === undefined) throw new CannotRunError('link delay: the gateway has not been started');
    return delayContainer(this.#client, this.#image, this.#gateway.id, ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#published?.stop();
    await Promise.all(
      this.#containers.map(({ id }) =>
        this.#client.getContainer(id).remove({ force: true }).catch(ignoreGone),
      ),
    );
    // AutoRemove may still be under way when `remove` has said so; the network goes when its last container has gone.
    for (let tries = 50; ; tries -= 1) {
      const error = await this.#network.remove().then(() => undefined, ignoreGone);
      if (error === undefined) return;
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function ignoreGone(error: { statusCode?: number }): unknown {
  // 404: gone; 409: being removed.
  return error.statusCode === 404 || error.statusCode === 409 ? undefined : error;
}

/** The engine's refusal as one line that names the setting. */
function refusal(error: unknown, spec: PartSpec, settings: ResolvedSettings): Error {
  const text = messageOf(error).replace(/\s+/g, ' ');
  const sysctl = settingsOf('sysctl').find((name) => text.includes(name));
  if (sysctl !== undefined) {
    const value = String(settings.values[sysctl]);
    return new UsageError(
      `${settings.where[sysctl] ?? 'the scenario'}: ${sysctl}=${value}: this engine or kernel refuses it`,
    );
  }
  return new CannotRunError(`docker: ${spec.role}: ${text}`);
}
