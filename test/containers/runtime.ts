import {
  getContainerRuntimeClient,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
} from 'testcontainers';
import { dockerClient } from '../../lab/runtimes/docker/client.ts';
import { signalContainer } from '../../lab/runtimes/docker/container.ts';
import { delayContainer } from '../../lab/runtimes/docker/container-link.ts';
import { docker, sysctlsFor } from '../../lab/runtimes/docker/docker.ts';
import { quotaOf } from '../../lab/runtimes/docker/engine-limits.ts';
import { ensureImage, ensureK6Image } from '../../lab/runtimes/docker/image.ts';
import type { Ending, LinkQdisc, Part, PartSpec, Runtime, Stage } from '../../lab/runtimes/runtime.ts';
import type { ResolvedSettings } from '../../lab/settings/setting-sources.ts';
import { LineReader } from '../../protocol/ndjson-reader.ts';
import { LabContainer } from './lab-container.ts';

/** The lab's docker runtime, made of testcontainers: the same parts and evidence by another way. */
export const testcontainers: Runtime = {
  name: 'docker',
  missing: docker.missing,
  check: docker.check,
  async open(settings) {
    const image = await ensureImage(dockerClient());
    return new ContainerStage(image, await new Network().start(), settings);
  },
};

class ContainerStage implements Stage {
  readonly listenHost = '0.0.0.0';
  readonly hasK6 = true;
  readonly exclusive = true;
  targetHost = '';
  readonly #started: StartedTestContainer[] = [];
  readonly #image: string;
  readonly #network: StartedNetwork;
  readonly #settings: ResolvedSettings;

  constructor(image: string, network: StartedNetwork, settings: ResolvedSettings) {
    this.#image = image;
    this.#network = network;
    this.#settings = settings;
  }

  async start(spec: PartSpec): Promise<Part> {
    const ended = Promise.withResolvers<Ending>();
    const reader = new LineReader((line) => {
      const exit = line as { event: string; code: number | null; signal: string | null };
      if (exit.event === 'exit')
        ended.resolve({ code: exit.code, signal: exit.signal, output: reader.stray });
      else spec.onLine(line);
    });
    const image = spec.tool === 'k6' ? await ensureK6Image(dockerClient()) : this.#image;
    const container = new LabContainer(image)
      .withCommand(['node', spec.module])
      .withEnvironment({ ...spec.env, LINGER: spec.role === 'gateway' ? '1' : '' })
      .withLogConsumer((stream) =>
        stream.on('data', (chunk: string | Buffer) => reader.push(Buffer.from(chunk))),
      )
      .withNothingToSpare();
    if (spec.nofile !== undefined) container.withNofile(spec.nofile);
    const gateway = this.#started[0];
    if (spec.role === 'observer' && gateway) container.withNamespacesOf(gateway.getId());
    else container.withNetwork(this.#network);
    if (spec.role !== 'observer') container.withSysctls(sysctlsFor(spec.role, this.#settings));
    if (spec.role === 'gateway') container.withQuota(quotaOf(this.#settings.values));
    const started = await container.start();
    this.#started.push(started);
    if (spec.role === 'gateway') this.targetHost = started.getIpAddress(this.#network.getName());
    return { ended: ended.promise, signal: (name) => send(started, name) };
  }

  async delayLink(ms: number): Promise<LinkQdisc> {
    return delayContainer(dockerClient(), this.#image, this.#started[0]?.getId() ?? '', ms);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((started) => started.stop({ timeout: 0 })));
    await this.#network.stop();
  }
}

async function send(started: StartedTestContainer, name: Parameters<Part['signal']>[0]): Promise<void> {
  const { container } = await getContainerRuntimeClient();
  await signalContainer(container.dockerode.getContainer(started.getId()), name);
}
