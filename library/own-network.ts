import type Docker from 'dockerode';
import { RUN_LABEL } from '../lab/runtimes/docker/client.ts';
import { engine } from './engine.ts';

/** Tries, 0.1 s apart: a network goes when its last container has gone, which may still be under way. */
const TRIES = 50;

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
    for (let tries = TRIES; ; tries -= 1) {
      try {
        await this.#network.remove();
        return;
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 404) return;
        if (tries === 0) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
