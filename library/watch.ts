import { CannotRunError, messageOf } from '../common/errors.ts';
import { serverEvidence, watcherSpec } from '../lab/beside/server-evidence.ts';
import { ServerWatch } from '../lab/beside/server-watch.ts';
import type { Evidence } from '../lab/evidence/evidence.ts';
import { unlessEnded } from '../lab/run/part-end.ts';
import { RUN_LABEL } from '../lab/runtimes/docker/client.ts';
import { startContainer } from '../lab/runtimes/docker/container.ts';
import { ensureImage } from '../lab/runtimes/docker/image.ts';
import type { Load } from '../lab/target/server-load.ts';
import { engine } from './engine.ts';

const EVERY_MS = 50;
/** The exit code of a watcher that found no server. */
const NOBODY_LISTENS = 2;

/** Which server. */
export interface Watched {
  /** Id of its container. */
  id: string;
  port: number;
  /** On everything that belongs to it. */
  label: string;
}

/**
 * Watches a server from a container of its own in the server's network and pid namespaces: it asks nothing of the
 * server, and nothing of what is in its image. What it sees is filed under the evidence. Resolves when the server listens, and has
 * been looked at.
 * @throws {CannotRunError} when our image cannot be built, or the server has ended. @throws {Error} when it does not listen within `ms`.
 */
function watchServer({ id, port, label }: Watched, ms: number, evidence: Evidence): Promise<ServerWatch> {
  return ServerWatch.begin(evidence, async (onLine) => {
    const begun = Promise.withResolvers<void>();
    const docker = await engine();
    const part = await startContainer(
      docker,
      await ensureImage(docker),
      watcherSpec(evidence, { port, ownOnly: true, everyMs: EVERY_MS, awaitMs: ms }, (line) => {
        begun.resolve();
        onLine(line);
      }),
      {
        network: `container:${id}`,
        pid: `container:${id}`,
        sysctls: {},
        rights: { user: '0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] },
      },
      { [RUN_LABEL]: label },
    ).catch((error: Error & { statusCode?: number }) => {
      // Of a container that has ended there is nothing to join.
      if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
      const said = messageOf(error).replace(/\s+/g, ' ').trim();
      throw new CannotRunError(`the watch cannot begin (${said}): has the server ended?`);
    });
    await unlessEnded(part, begun.promise, (ending) =>
      ending.code === NOBODY_LISTENS
        ? new Error(`the server does not listen on port ${port} after ${ms} ms: see withListenPort`)
        : over(ending.output.split('\n')[0] || `exit code ${ending.code}`),
    );
    return part;
  });
}

/**
 * How many connections the server has left on its port when it has none any more, or after `ms`. An abort, which is heard with the
 * next sample, throws its reason.
 */
export async function leftOn(
  watch: ServerWatch,
  ms: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const left = await watch.untilLeft(ms, signal);
  if (watch.lost !== undefined) throw over(watch.lost);
  if (left === undefined) throw new CannotRunError(`the watch beside the server said nothing in ${ms} ms`);
  return left;
}

function over(how: string): Error {
  return new CannotRunError(`the watch ended (${how}): has the server ended?`);
}

/** Resolves when the server listens. @throws {Error} when it does not within `ms`. */
export async function untilListening(server: Watched, ms: number): Promise<void> {
  await using _watch = await watchServer(server, ms, serverEvidence('docker'));
}

/**
 * Watches the server from a moment at which it has no connection on its port: what it has then it has at rest.
 * @throws {Error} when it still has some after `ms`. @throws the reason of an abort.
 */
export async function watchFromIdle(
  server: Watched,
  ms: number,
  signal: AbortSignal | undefined,
  load?: Load,
): Promise<ServerWatch> {
  for (;;) {
    const evidence: Evidence = { ...serverEvidence('docker', load), elsewhere: true };
    const watch = await watchServer(server, ms, evidence);
    try {
      const left = await leftOn(watch, ms, signal);
      if (left > 0)
        throw new Error(
          `the server still has ${left} open connections on port ${server.port} after ${ms} ms with no user: restart it`,
        );
    } catch (error) {
      await watch[Symbol.asyncDispose]();
      throw error;
    }
    if (watch.first === 0) {
      if (load) await watch.trace(server.label);
      return watch;
    }
    await watch[Symbol.asyncDispose]();
  }
}
