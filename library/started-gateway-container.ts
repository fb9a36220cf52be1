import {
  AbstractStartedContainer,
  type RestartOptions,
  type StartedTestContainer,
  type StopOptions,
  type StoppedTestContainer,
} from 'testcontainers';
import type { OwnNetwork } from './own-network.ts';
import { untilListening, type Watched } from './watch.ts';

/** What the library knows of a started container. */
export interface Surroundings extends Watched {
  /** Name of the network that robots join. */
  network: string;
  /** How long the server may take to listen, ms. */
  startMs: number;
  ownNetwork: OwnNetwork | undefined;
}

/** A running server that can be loaded. Stopping it removes everything that came with it. */
export class StartedGatewayContainer extends AbstractStartedContainer {
  /** For `threshold` and `sustains`. */
  readonly surroundings: Surroundings;

  constructor(container: StartedTestContainer, surroundings: Surroundings) {
    super(container);
    this.surroundings = surroundings;
  }

  /** Address of the server on its network. */
  getListenHost(): string {
    return this.getIpAddress(this.surroundings.network);
  }

  /** Port of the server inside; it is not published. */
  getListenPort(): number {
    return this.surroundings.port;
  }

  /** Name of the network that the server and its robots are on. */
  getListenNetwork(): string {
    return this.surroundings.network;
  }

  /** Restarts the server, with its limits, and returns when it listens again. */
  override async restart(options?: Partial<RestartOptions>): Promise<void> {
    await super.restart(options);
    await untilListening(this.surroundings, this.surroundings.startMs);
  }

  override async stop(options?: Partial<StopOptions>): Promise<StoppedTestContainer> {
    const stopped = await super.stop(options);
    await this.surroundings.ownNetwork?.[Symbol.asyncDispose]();
    return stopped;
  }
}
