import { constants } from 'node:os';
import type Docker from 'dockerode';
import { defined } from '../../common/defined.ts';
import { retryUntil } from '../../common/waiting.ts';
import { fileLabLine } from '../evidence/collect.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Place } from '../evidence/server-place.ts';
import { dockerClient } from '../runtimes/docker/client.ts';
import { overIn } from './pick-worker.ts';

/** The engine may take so long to hear that a container has ended, ms. */
const ENGINE_MS = 2000;

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
    // This resolves even for a container that is removed as soon as it ends.
    this.#code = (this.#container?.wait({ abortSignal: this.#waiting.signal }) ?? Promise.reject())
      .then(({ StatusCode }: { StatusCode: number }) => StatusCode)
      .catch(() => undefined);
  }

  /** Undefined while it runs. The engine notices the end later than its processes: where these were seen to go it is asked again. */
  async seen(gone: boolean): Promise<ContainerEnd | undefined> {
    let now: Docker.ContainerInspectInfo | undefined;
    const look = async () => {
      now = await this.#container?.inspect().catch(() => undefined);
      return now?.State.Running ? undefined : true;
    };
    if (!(await retryUntil(look, { everyMs: 50, forMs: gone ? ENGINE_MS : 0 }))) return undefined;
    const code = await this.#code;
    return code === undefined ? undefined : { code, ...defined({ oomKilled: now?.State.OOMKilled }) };
  }

  [Symbol.dispose](): void {
    this.#waiting.abort();
  }
}

/** Notes the end of a server's container in the evidence: the watcher in its pid namespace died with it, and the engine knows how. */
export function fileContainerEnd(evidence: Evidence, { code, oomKilled }: ContainerEnd): void {
  const { series } = evidence.observer;
  const over = overIn(series) ?? series.at(-1);
  // As shells and the engine have it.
  const number = code > 128 ? code - 128 : 0;
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
  fileLabLine(evidence, {
    event: 'gateway-exit',
    at: over?.at ?? Date.now(),
    code: signal ? null : code,
    signal: signal ?? null,
    ...defined({ oomKills: oomKilled === undefined ? undefined : Number(oomKilled) }),
    output: '',
  });
}
