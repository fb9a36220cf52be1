import { GenericContainer, type StartedNetwork } from 'testcontainers';
import { UsageError } from '../common/errors.ts';
import { RUN_LABEL } from '../lab/runtimes/docker/client.ts';
import { newLabel } from '../lab/runtimes/label.ts';
import { SETTINGS } from '../protocol/settings.ts';
import { engine } from './engine.ts';
import { OwnNetwork } from './own-network.ts';
import { engineRefusal } from './refusal.ts';
import { StartedGatewayContainer } from './started-gateway-container.ts';
import { oneOf, refused, sysctlEntry, whole } from './values.ts';
import { untilListening } from './watch.ts';

const START_MS = 60_000;

/**
 * Any image that listens on a port, with the limits that decide how many users it sustains. Without a network of its
 * own choice it gets an internal one, which is removed with it. Every `with…` throws UsageError for a bad value.
 */
export class GatewayContainer extends GenericContainer {
  #port = 8080;
  #startMs = START_MS;

  /** The port that the server listens on inside; 8080 unless told. It is never published. */
  withListenPort(port: number): this {
    this.#port = whole('withListenPort', port, SETTINGS.port.min, SETTINGS.port.max);
    return this;
  }

  /** RLIMIT_NOFILE, soft = hard: some servers raise a lower soft limit at start, as Node and Go do. */
  withNofile(nofile: number): this {
    const limit = whole('withNofile', nofile, 8, SETTINGS.nofile.max);
    const others = (this.hostConfig.Ulimits ?? []).filter(({ Name }) => Name !== 'nofile');
    this.hostConfig.Ulimits = [...others, { Name: 'nofile', Soft: limit, Hard: limit }];
    return this;
  }

  /** net.core.somaxconn: the upper bound of every accept queue. */
  withSomaxconn(connections: number): this {
    return this.#withSysctl(sysctlEntry('withSomaxconn', 'somaxconn', connections));
  }

  /** net.ipv4.tcp_max_syn_backlog: the bound of the SYN queue where cookies are off. */
  withSynBacklog(connections: number): this {
    return this.#withSysctl(sysctlEntry('withSynBacklog', 'tcp_max_syn_backlog', connections));
  }

  /** net.ipv4.tcp_abort_on_overflow: a handshake that finds the accept queue full is answered with RST. */
  withAbortOnOverflow(abort = true): this {
    const on = oneOf('withAbortOnOverflow', abort, [true, false]);
    return this.#withSysctl(sysctlEntry('withAbortOnOverflow', 'tcp_abort_on_overflow', Number(on)));
  }

  /** net.ipv4.tcp_syncookies: 0 never, 1 when the SYN queue is full, 2 always. */
  withSyncookies(mode: 0 | 1 | 2): this {
    return this.#withSysctl(sysctlEntry('withSyncookies', 'tcp_syncookies', mode));
  }

  /** Sysctls of the container's own namespaces, by full kernel name. The engine decides which it takes. */
  withSysctls(sysctls: Record<string, string | number>): this {
    for (const [name, value] of Object.entries(sysctls)) {
      if (!/^(net|kernel|fs)\.[\w./-]+$/.test(name))
        throw refused('withSysctls', name, 'a full kernel name, such as net.core.somaxconn');
      if (!/^[\x20-\x7e\t]+$/.test(String(value)))
        throw refused(`withSysctls: ${name}`, value, 'one line of text');
      this.#withSysctl([name, String(value)]);
    }
    return this;
  }

  /** CPU quota, in CPUs. */
  withCpus(cpus: number): this {
    if (!(Number.isFinite(cpus) && cpus >= 0.01 && cpus <= 1024))
      throw refused('withCpus', cpus, 'CPUs from 0.01 to 1024, e.g. 0.5');
    this.hostConfig.NanoCpus = Math.round(cpus * 1e9);
    return this;
  }

  /** Memory limit, MiB. */
  withMemory(mib: number): this {
    this.hostConfig.Memory = whole('withMemory', mib, 6, SETTINGS.memory_mb.max) * 1024 ** 2;
    return this;
  }

  /** A network for this container, its robots, and whatever else it needs (a database). One is enough. */
  override withNetwork(network: StartedNetwork): this {
    return super.withNetwork(network);
  }

  /** A network by name; not `host`, `none` or another container's, which have no address of their own to load. */
  override withNetworkMode(mode: string): this {
    if (/^(host|none|bridge|default|container:.*)$/.test(mode))
      throw refused('withNetworkMode', mode, 'the name of a network of your own');
    return super.withNetworkMode(mode);
  }

  /** Always throws: the engine's proxy would accept for the server and hide its queue. */
  override withExposedPorts(): never {
    throw new UsageError(
      'withExposedPorts: a GatewayContainer publishes no port: the proxy would accept for the server and hide its ' +
        'queue; use withListenPort, and getListenHost() from its network',
    );
  }

  override withStartupTimeout(startupTimeoutMs: number): this {
    this.#startMs = whole('withStartupTimeout', startupTimeoutMs, 1, 3_600_000);
    return super.withStartupTimeout(startupTimeoutMs);
  }

  /**
   * Starts the container and returns when the server listens on its port.
   * @throws {UsageError} for a limit that the engine or the kernel refuses, by its name.
   */
  override async start(): Promise<StartedGatewayContainer> {
    const label = newLabel();
    this.withLabels({ [RUN_LABEL]: label });
    if (this.networkMode !== undefined) return this.#startOn(this.networkMode, label, undefined);
    const network = await OwnNetwork.create(label);
    try {
      super.withNetworkMode(network.name);
      return await this.#startOn(network.name, label, network);
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    } finally {
      // A second start gets a network of its own as well.
      delete this.networkMode;
    }
  }

  async #startOn(
    network: string,
    label: string,
    ownNetwork: OwnNetwork | undefined,
  ): Promise<StartedGatewayContainer> {
    let created: string | undefined;
    this.containerCreated = async (id) => {
      created = id;
    };
    const container = await super.start().catch(async (error) => {
      // One that the engine made and would not start is left lying by testcontainers.
      if (created !== undefined) await remove(created);
      throw engineRefusal(error, this.hostConfig);
    });
    try {
      const server = { id: container.getId(), port: this.#port, label };
      await untilListening(server, this.#startMs);
      const surroundings = { ...server, network, startMs: this.#startMs, ownNetwork };
      return new StartedGatewayContainer(container, surroundings);
    } catch (error) {
      await container.stop({ timeout: 0 });
      throw error;
    }
  }

  #withSysctl([name, value]: [string, string]): this {
    this.hostConfig.Sysctls = { ...this.hostConfig.Sysctls, [name]: value };
    return this;
  }
}

async function remove(id: string): Promise<void> {
  try {
    await (await engine()).getContainer(id).remove({ force: true });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}
