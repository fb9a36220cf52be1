import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { Debug } from '../../../common/debug.ts';
import { CannotRunError, messageOf } from '../../../common/errors.ts';
import { retryUntil } from '../../../common/waiting.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { Hub } from '../channel/hub.ts';
import type { Member } from '../channel/member-at-lab.ts';
import { RelayedWire } from '../channel/relayed-wire.ts';
import { type RunningContainer, startContainer } from '../docker/container.ts';
import { endedEarly, reasonOf } from '../fault.ts';
import { Looks } from './looks.ts';
import { makeNetwork, removeNetwork, subnetOf } from './networks.ts';
import { candidatesOf, listNodes, type SwarmNode } from './nodes.ts';
import { SERVICES, type ServiceRole } from './service-role.ts';
import { sourcesFor } from './sources.ts';
import { labelsOf, type StackPlan, serviceSpec, stackLabel, stackOf } from './stack-spec.ts';
import type { SwarmTask } from './tasks.ts';
import { testEnvironment } from './test-environment.ts';

const debug = new Debug('swarm');

/** In the container that hands on what members say. */
const CHANNEL_PORT = 7000;

/** An image that is there is started within seconds. */
const COME_MS = 60_000;
const GONE_MS = 20_000;

/** Their tasks run, and nothing of them arrives: by these ports the engines carry an overlay network (docs.docker.com, swarm). */
const UNREACHED =
  'they run and do not reach the lab; are UDP 4789, and 7946 of TCP and UDP, open between the machines?';

/** A container of the lab's own engine, which hands on what members say. */
const RELAY = { module: 'lab/runtimes/channel/relay-main.ts' };

/** What a stack is made of. */
export interface StackSpec {
  docker: Docker;
  image: string;
  label: string;
  settings: ResolvedSettings;
  signal?: AbortSignal | undefined;
}

/** The services and networks of one run, and the channel to their members. Disposing it removes all of it. */
export class Stack implements AsyncDisposable {
  readonly #spec: StackSpec;
  readonly #wire = new RelayedWire();
  readonly #hub = new Hub(this.#wire);
  readonly #networks: Docker.Network[] = [];
  readonly #services = new Map<string, ServiceRole>();
  #relay: RunningContainer | undefined;
  /** Throws once it has ended. */
  #relayLost: Promise<never> | undefined;
  /** Of the network between users and gateways. */
  subnet = '';
  members: Readonly<Record<ServiceRole, readonly Member[]>> = { gateway: [], robots: [] };

  private constructor(spec: StackSpec) {
    this.#spec = spec;
  }

  /** Makes it, and waits until its members have come. Throws UsageError or CannotRunError, and the reason of an abort; then nothing is left. */
  static async of(spec: StackSpec): Promise<Stack> {
    const stack = new Stack(spec);
    try {
      await stack.#deploy();
      return stack;
    } catch (error) {
      await stack[Symbol.asyncDispose]().catch((left) => debug.say('not removed: %s', messageOf(left)));
      throw error;
    }
  }

  async #deploy(): Promise<void> {
    const { docker, image, label, settings, signal } = this.#spec;
    const nodes = await listNodes(docker);
    const { only, count } = candidatesOf(nodes);
    const sources = sourcesFor(settings, count.robots);
    const make = async (name: string, attachable: boolean) => {
      const network = await makeNetwork(docker, label, name, attachable);
      this.#networks.push(network);
      return network;
    };
    const arena = await make('arena', false);
    const control = await make('control', true);
    signal?.throwIfAborted();
    const token = randomBytes(24).toString('hex');
    const { Id: imageId } = await docker.getImage(image).inspect();
    const channel = await this.#startRelay(control, token);
    this.subnet = await subnetOf(arena);
    signal?.throwIfAborted();
    const plan: StackPlan = {
      label,
      settings,
      sources,
      imageId,
      arena: arena.id,
      control: control.id,
      subnet: this.subnet,
      channel,
      token,
      only,
      env: testEnvironment(),
    };
    for (const role of SERVICES) await this.#makeService(role, plan);
    const wanted = { gateway: settings.values.gateways, robots: sources };
    this.members = await this.#join(wanted, nodes);
  }

  /** Gives host:port, as members find it. */
  async #startRelay(control: Docker.Network, token: string): Promise<string> {
    const { docker, image, label } = this.#spec;
    const env = { PORT: String(CHANNEL_PORT), CHANNEL_TOKEN: token };
    const relay = await startContainer(
      docker,
      image,
      { role: 'channel', ...RELAY, env, onLine: this.#wire.onLine },
      { network: control.id, sysctls: {} },
      labelsOf(label),
    ).catch((error) => {
      throw new CannotRunError(`swarm: the container of the channel: ${messageOf(error).trim()}`);
    });
    this.#relay = relay;
    this.#wire.attach(relay);
    this.#relayLost = relay.ended.then((ending) => {
      throw endedEarly('channel', ending, `swarm: the container of the channel: ${reasonOf(ending)}`);
    });
    this.#relayLost.catch(() => {});
    await Promise.race([this.#wire.listening, this.#relayLost]);
    const { NetworkSettings } = await docker.getContainer(relay.id).inspect();
    return `${Object.values(NetworkSettings.Networks)[0]?.IPAddress}:${CHANNEL_PORT}`;
  }

  async #makeService(role: ServiceRole, plan: StackPlan): Promise<void> {
    const service = await this.#spec.docker.createService(serviceSpec(role, plan)).catch((error) => {
      throw new CannotRunError(`swarm: the service ${role}: ${messageOf(error).trim()}`);
    });
    this.#services.set(service.id, role);
  }

  async #join(
    wanted: Record<ServiceRole, number>,
    nodes: readonly SwarmNode[],
  ): Promise<Record<ServiceRole, Member[]>> {
    const { settings, image, signal } = this.#spec;
    const reading = { nodes, settings, image, roleOf: (id: string) => this.#services.get(id) };
    const there = new AbortController();
    debug.say('%s: the services are made', stackOf(this.#spec.label));
    const looks = new Looks(() => this.#tasks(), reading);
    const why = () => looks.state ?? UNREACHED;
    // Else the process would wait for those who do not come any more.
    const over = AbortSignal.any([there.signal, ...(signal ? [signal] : [])]);
    const come = Promise.all(
      SERVICES.map((role) => this.#hub.wait(role, wanted[role], COME_MS, { why, signal: over })),
    );
    come.catch(() => {});
    try {
      const lost = [looks.failed(there.signal), ...(this.#relayLost ? [this.#relayLost] : [])];
      const [gateway = [], robots = []] = await Promise.race([come, ...lost]);
      return { gateway, robots };
    } finally {
      there.abort();
    }
  }

  #tasks(): Promise<SwarmTask[]> {
    return this.#spec.docker.listTasks({ filters: { label: [stackLabel(this.#spec.label)] } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { docker } = this.#spec;
    // They leave while the services are removed.
    void this.#hub.end();
    // Whatever keeps a service keeps its networks, and they tell of it.
    const removals = [...this.#services.keys()].map((id) => docker.getService(id).remove());
    await Promise.allSettled(removals);
    await debug.wait(
      'the tasks to go',
      retryUntil(() => this.#haveGone(), { everyMs: 100, forMs: GONE_MS }),
    );
    if (this.#relay) await Promise.allSettled([docker.getContainer(this.#relay.id).remove({ force: true })]);
    await debug.wait('the networks to go', Promise.all(this.#networks.map(removeNetwork)));
  }

  /** Has nothing of it a container any more? Of a node that is down nobody knows. */
  async #haveGone(): Promise<true | undefined> {
    const { docker, label } = this.#spec;
    if (this.#services.size === 0) return true;
    const [tasks, nodes] = [await this.#tasks(), await listNodes(docker)];
    const down = new Set(nodes.filter(({ Status }) => Status.State !== 'ready').map(({ ID }) => ID));
    if (tasks.some(({ NodeID = '' }) => !down.has(NodeID))) return undefined;
    const here = await docker.listContainers({ all: true, filters: { label: [stackLabel(label)] } });
    return here.every(({ Id }) => Id === this.#relay?.id) || undefined;
  }
}
