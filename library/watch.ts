import { CannotRunError } from '../common/errors.ts';
import { RUN_LABEL } from '../lab/runtimes/docker/client.ts';
import { type RunningContainer, startContainer } from '../lab/runtimes/docker/container.ts';
import { ensureImage } from '../lab/runtimes/docker/image.ts';
import type { TargetLine } from '../protocol/target-line.ts';
import { Changes } from '../robots/changes.ts';
import { engine } from './engine.ts';

/** Looked at twice: one line may have been on its way. */
const LINES_IN_A_ROW = 2;

/** What was highest while a trial went on. */
export interface Peak {
  descriptors: number;
  acceptQueue: number;
}

/**
 * Watches a server from a container of its own in the server's network and pid namespaces: it asks nothing of the
 * server, and nothing of what is in its image.
 */
export class Watch implements AsyncDisposable {
  readonly #changes = new Changes();
  #container: RunningContainer | undefined;
  #line: TargetLine | undefined;
  #lines = 0;
  #sockets: number | undefined;
  #over: string | undefined;
  #peak: Peak = { descriptors: 0, acceptQueue: 0 };

  readonly #port: number;

  private constructor(port: number) {
    this.#port = port;
  }

  /** @throws {CannotRunError} when our image cannot be built. */
  static async start(target: string, port: number, label: string): Promise<Watch> {
    const watch = new Watch(port);
    const docker = await engine();
    const place = `container:${target}`;
    watch.#container = await startContainer(
      docker,
      await ensureImage(docker),
      {
        role: 'observer',
        module: 'lab/evidence/target.ts',
        env: { TARGET_PORT: String(port) },
        onLine: (line) => watch.#take(line as TargetLine),
      },
      {
        network: place,
        pid: place,
        sysctls: {},
        rights: { user: '0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] },
      },
      { [RUN_LABEL]: label },
    );
    watch.#container.ended.then(({ code, signal, output }) => {
      watch.#over =
        output.split('\n')[0] || `the watch ended (${signal ?? `code ${code}`}): has the server ended?`;
      watch.#changes.happened();
    });
    return watch;
  }

  /** Resolves when the server listens. @throws {Error} when it does not within `ms`, or ends. */
  async untilListening(ms: number): Promise<void> {
    const listens = await this.#until(({ listening }) => listening, ms);
    if (!listens)
      throw new Error(`the server does not listen on port ${this.#port} after ${ms} ms: see withListenPort`);
  }

  /** The state when the server has no connection on its port, or after `ms`, with how many are left. */
  async untilLeft(ms: number): Promise<{ line: TargetLine; left: number }> {
    const idle = await this.#until(({ sockets }) => (sockets === undefined ? undefined : sockets === 0), ms);
    const line = idle ?? this.#line;
    if (line === undefined) throw new CannotRunError(`the watch beside the server said nothing in ${ms} ms`);
    return { line, left: idle ? 0 : (this.#sockets ?? 0) };
  }

  /** The state when the server has no connection on its port. @throws {Error} when it still has some after `ms`. */
  async untilIdle(ms: number): Promise<TargetLine> {
    const { line, left } = await this.untilLeft(ms);
    if (left === 0) return line;
    throw new Error(
      `the server still holds ${left} connections on port ${this.#port} after ${ms} ms with no user: restart it`,
    );
  }

  /** Forgets what was highest so far. */
  resetPeak(): void {
    this.#peak = { descriptors: 0, acceptQueue: 0 };
  }

  get peak(): Peak {
    return this.#peak;
  }

  /** @param fits undefined for a line that does not say */
  async #until(fits: (line: TargetLine) => boolean | undefined, ms: number): Promise<TargetLine | undefined> {
    let seen = this.#lines;
    let inARow = 0;
    await this.#changes.until(() => {
      if (this.#over !== undefined) return true;
      if (this.#line === undefined || this.#lines === seen) return inARow >= LINES_IN_A_ROW;
      seen = this.#lines;
      const fitting = fits(this.#line);
      if (fitting !== undefined) inARow = fitting ? inARow + 1 : 0;
      return inARow >= LINES_IN_A_ROW;
    }, ms);
    if (this.#over !== undefined) throw new CannotRunError(this.#over);
    return inARow >= LINES_IN_A_ROW ? this.#line : undefined;
  }

  #take(line: TargetLine): void {
    this.#line = line;
    this.#lines += 1;
    this.#sockets = line.sockets ?? this.#sockets;
    const { descriptors, acceptQueue } = this.#peak;
    this.#peak = {
      descriptors: Math.max(descriptors, line.descriptorsBelow ?? 0),
      acceptQueue: Math.max(acceptQueue, line.acceptQueue ?? 0),
    };
    this.#changes.happened();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#container?.signal('SIGKILL');
    await this.#container?.ended;
  }
}
