import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { retryUntil } from '../../common/waiting.ts';
import { dockerClient } from '../../lab/runtimes/docker/client.ts';
import { newLabel } from '../../lab/runtimes/label.ts';
import { removeAtTheEnd, wasRemoved } from './at-the-end.ts';
import { describeLayers, keepLayers, type Layers } from './layers.ts';
import { dataOf, ip, Machine } from './machine.ts';
import { folderOf, MACHINES, type MachineName, namespaceOf } from './names.ts';
import { removeLeft, removeRig } from './removal.ts';

/** Nothing but the two machines is in this network: their namespaces have no way to any other. */
const ADDRESSES: Record<MachineName, string> = { node1: '10.99.0.1', node2: '10.99.0.2' };
const LINK = 'wire';

/** What the two engines are to have. */
export interface Options {
  /** An image of the engine that DOCKER_HOST names; none unless told. */
  image?: string;
}

/**
 * Two engines of this machine, each in a network namespace of its own, joined by a veth, and a swarm of them: node1 is its manager, node2 a
 * worker. All of it is named by one label; it goes at the end of the scope, when this process ends, and at the latest with the next rig.
 */
export class TwoEngines implements AsyncDisposable {
  readonly label = newLabel();
  readonly nodes: readonly string[] = MACHINES;
  readonly #machines: Machine[] = [];
  #isCut = false;

  /** Throws when a part of it cannot be made; then nothing of it is left. See `cannot`. */
  static async start(options: Options = {}): Promise<TwoEngines> {
    removeLeft();
    const engines = new TwoEngines();
    try {
      await engines.#make(options);
      return engines;
    } catch (error) {
      engines.#remove();
      throw error;
    }
  }

  async #make({ image }: Options): Promise<void> {
    removeAtTheEnd(this.label);
    mkdirSync(folderOf(this.label));
    const ours = image === undefined ? undefined : dockerClient();
    // One after the other: what is still being made when something fails would not be removed.
    await this.#joinNamespaces();
    const layers = image === undefined ? undefined : await keepLayers(ours as Docker, image, this.label);
    for (const name of MACHINES) this.#machines.push(this.#machine(name, layers));
    await Promise.all(this.#machines.map((machine) => machine.ready()));
    const loaded =
      image !== undefined && layers === undefined ? this.#load(ours as Docker, image) : undefined;
    await Promise.all([loaded, this.#joinSwarm()]);
  }

  async #joinNamespaces(): Promise<void> {
    const [a, b] = MACHINES.map((name) => namespaceOf(this.label, name)) as [string, string];
    for (const namespace of [a, b]) await ip('netns', 'add', namespace);
    await ip('link', 'add', LINK, 'netns', a, 'type', 'veth', 'peer', 'name', LINK, 'netns', b);
    for (const name of MACHINES) {
      const at = ['-n', namespaceOf(this.label, name)];
      await ip(...at, 'addr', 'add', `${ADDRESSES[name]}/24`, 'dev', LINK);
      await ip(...at, 'link', 'set', LINK, 'up');
      await ip(...at, 'link', 'set', 'lo', 'up');
    }
  }

  #machine(name: MachineName, layers: Layers | undefined): Machine {
    const folder = join(folderOf(this.label), name);
    const binds = layers ? describeLayers(layers, dataOf({ folder })) : [];
    return new Machine({ label: this.label, name, address: ADDRESSES[name], folder, binds });
  }

  async #load(from: Docker, image: string): Promise<void> {
    await Promise.all(
      this.#machines.map(async ({ docker }) => {
        const answer = await docker.loadImage(await from.getImage(image).get());
        await new Promise((resolve, reject) =>
          docker.modem.followProgress(answer, (error, said) => (error ? reject(error) : resolve(said))),
        );
      }),
    );
  }

  async #joinSwarm(): Promise<void> {
    const address = (machine: Machine) => ({
      ListenAddr: `${machine.spec.address}:2377`,
      AdvertiseAddr: machine.spec.address,
    });
    await this.manager.swarmInit(address(this.#machine0));
    const { JoinTokens } = await this.manager.swarmInspect();
    const RemoteAddrs = [`${ADDRESSES.node1}:2377`];
    await this.worker.swarmJoin({ ...address(this.#machine1), RemoteAddrs, JoinToken: JoinTokens.Worker });
    // The bridge comes with the ingress network, after the answer.
    const bridged = ({ docker }: Machine) =>
      docker
        .getNetwork(GATEWAY_BRIDGE)
        .inspect()
        .then(
          () => true,
          () => false,
        );
    const ready = async () => {
      const nodes: { Status: { State: string } }[] = await this.manager.listNodes();
      const all = nodes.length === MACHINES.length && nodes.every(({ Status }) => Status.State === 'ready');
      return (all && (await Promise.all(this.#machines.map(bridged))).every(Boolean)) || undefined;
    };
    if (!(await retryUntil(ready, { everyMs: 50, forMs: 20_000 })))
      throw new Error('a node of the swarm is not ready');
  }

  get #machine0(): Machine {
    return this.#machines[0] as Machine;
  }

  get #machine1(): Machine {
    return this.#machines[1] as Machine;
  }

  /** For DOCKER_HOST: the engine of node1, which manages the swarm. */
  get managerHost(): string {
    return this.#machine0.host;
  }

  /** For DOCKER_HOST: the engine of node2. */
  get workerHost(): string {
    return this.#machine1.host;
  }

  get manager(): Docker {
    return this.#machine0.docker;
  }

  get worker(): Docker {
    return this.#machine1.docker;
  }

  /** The network falls in two: neither machine hears anything of the other. */
  async cut(): Promise<void> {
    this.#isCut = true;
    await ip('-n', namespaceOf(this.label, MACHINES[1]), 'link', 'set', LINK, 'down');
  }

  /** It is one again. */
  async mend(): Promise<void> {
    await ip('-n', namespaceOf(this.label, MACHINES[1]), 'link', 'set', LINK, 'up');
    this.#isCut = false;
  }

  /** A node goes, 0 or 1: its engine and all its containers are killed. */
  async stopNode(index: number): Promise<void> {
    await this.#machines[index]?.kill();
  }

  /** As one leaves a real swarm, then all of the rest. Throws when either fails, and removes what it can all the same. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (this.#isCut) await this.mend();
      const there = this.#machines.filter((machine) => !machine.isGone);
      await Promise.all(there.map(({ docker }) => leaveSwarm(docker)));
    } finally {
      await Promise.all(this.#machines.map((machine) => machine.kill()));
      this.#remove();
    }
  }

  #remove(): void {
    removeRig(this.label);
    wasRemoved(this.label);
  }
}

const GATEWAY_BRIDGE = 'docker_gwbridge';

/** Leaves the swarm and removes the bridge that joining it has made: `docker swarm leave` does not. */
async function leaveSwarm(docker: Docker): Promise<void> {
  await docker.swarmLeave({ force: true });
  // The sandbox of the ingress network is in it for a moment longer.
  for (const until = performance.now() + 10_000; ; await sleep(50)) {
    try {
      await docker.getNetwork(GATEWAY_BRIDGE).remove();
      return;
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode === 404) return;
      if (performance.now() > until) throw error;
    }
  }
}
