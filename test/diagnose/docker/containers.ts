import type Docker from 'dockerode';
import { dockerClient, RUN_LABEL } from '../../../lab/runtimes/docker/client.ts';
import { ensureImage } from '../../../lab/runtimes/docker/image.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';

/** A container of our image, removed with all that it does when it is disposed. */
export class Box implements AsyncDisposable {
  readonly #container: Docker.Container;

  private constructor(container: Docker.Container) {
    this.#container = container;
  }

  static async start(options: Docker.ContainerCreateOptions): Promise<Box> {
    const engine = dockerClient();
    const container = await engine.createContainer({
      Image: await ensureImage(engine),
      Labels: { [RUN_LABEL]: newLabel() },
      ...options,
    });
    const box = new Box(container);
    await container.start();
    return box;
  }

  /** As `docker run --network container:… --pid container:… --cap-drop ALL` does beside this one. */
  beside(Cmd: string[], options: Docker.ContainerCreateOptions = {}): Promise<Box> {
    const namespace = `container:${this.#container.id}`;
    return Box.start({
      Cmd,
      ...options,
      HostConfig: {
        NetworkMode: namespace,
        PidMode: namespace,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
      },
    });
  }

  /** What it has written so far. */
  async said(from: 'stdout' | 'stderr'): Promise<string> {
    const log = await this.#container.logs({ [from]: true, follow: false });
    return payload(log as unknown as Buffer);
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number> {
    return (await this.#container.wait()).StatusCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container.remove({ force: true });
  }
}

/** The engine puts eight bytes before each piece, the last four its length. */
function payload(log: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= log.length; ) {
    const length = log.readUInt32BE(at + 4);
    text += log.toString('utf8', at + 8, at + 8 + length);
    at += 8 + length;
  }
  return text;
}
