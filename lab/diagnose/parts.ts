import type Docker from 'dockerode';
import { CannotRunError } from '../errors.ts';
import { dockerClient, RUN_LABEL } from '../runtimes/docker/client.ts';
import { startContainer } from '../runtimes/docker/container.ts';
import { startProcess } from '../runtimes/processes.ts';
import type { Part, PartSpec } from '../runtimes/runtime.ts';
import type { Place } from './target.ts';

/** To look into the processes of somebody else's server (fs/proc/fd.c proc_fd_permission). */
const RIGHTS = { user: '0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] };

/** Starts a part beside a server: in its network namespace, and a watcher in that of its pids as well. */
export async function startBeside(place: Place, spec: PartSpec, label: string): Promise<Part> {
  if (place.container === undefined) return startProcess(spec, label, place.enter);
  // The compose stack's own container has not the scripts that make images.
  const { ensureImage } = await import('../runtimes/docker/image.ts');
  const docker = dockerClient();
  const beside = `container:${place.container.id}`;
  const watcher = spec.role === 'observer';
  return startContainer(
    docker,
    await ensureImage(docker),
    spec,
    { network: beside, sysctls: {}, ...(watcher ? { pid: beside, rights: RIGHTS } : {}) },
    { [RUN_LABEL]: label },
  );
}

/** How a container ended. */
export interface ContainerEnd {
  code: number;
  /** Did the kernel kill it for want of memory? Undefined: the engine has forgotten it already. */
  oomKilled?: boolean;
}

/** Waits for the end of a server's container. Nothing where the server is in none. */
export class EndOfContainer implements Disposable {
  readonly #container: Docker.Container | undefined;
  readonly #waiting = new AbortController();
  readonly #code: Promise<number | undefined>;

  constructor({ container }: Place) {
    this.#container = container && dockerClient().getContainer(container.id);
    // Told even of one that is removed as soon as it ends.
    this.#code = (this.#container?.wait({ abortSignal: this.#waiting.signal }) ?? Promise.reject())
      .then(({ StatusCode }: { StatusCode: number }) => StatusCode)
      .catch(() => undefined);
  }

  /** Undefined while it runs. */
  async seen(): Promise<ContainerEnd | undefined> {
    const now = await this.#container?.inspect().catch(() => undefined);
    if (now?.State.Running) return undefined;
    const code = await this.#code;
    return code === undefined ? undefined : { code, ...(now ? { oomKilled: now.State.OOMKilled } : {}) };
  }

  [Symbol.dispose](): void {
    this.#waiting.abort();
  }
}

/** What a part that ended too early said. */
export function endedEarly(what: string, output: string): CannotRunError {
  return new CannotRunError(`${what}: ${output.split('\n')[0] || 'it ended without a word'}`);
}
