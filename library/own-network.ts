import type Docker from 'dockerode';
import { retryUntil } from '../common/waiting.ts';
import { RUN_LABEL } from '../lab/runtimes/docker/client.ts';
import { engine } from './engine.ts';

/** A network goes when its last container has gone, which may still be under way. */
const PATIENCE = { everyMs: 100, forMs: 5000 };

/** An internal network: no way out, and no published port whose proxy would hide the server's queue. */
export class OwnNetwork implements AsyncDisposable {
  readonly name: string;
  readonly #network: Docker.Network;

  private constructor(name: string, network: Docker.Network) {
    this.name = name;
    this.#network = network;
  }

  static async create(label: string): Promise<OwnNetwork> {
    const network = await (await engine()).createNetwork({
      Name: label,
      Driver: 'bridge',
      Internal: true,
      Labels: { [RUN_LABEL]: label },
    });
    return new OwnNetwork(label, network);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const remove = () =>
      this.#network.remove().then(
        () => true,
        (error: { statusCode?: number }) => error.statusCode === 404 || undefined,
      );
    // Once more, for the reason.
    if (!(await retryUntil(remove, PATIENCE))) await this.#network.remove();
  }
}
