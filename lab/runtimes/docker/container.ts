import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { Debug } from '../../../common/debug.ts';
import { defined } from '../../../common/defined.ts';
import { CannotRunError } from '../../../common/errors.ts';
import { programName } from '../../../common/own-files.ts';
import { retryUntil } from '../../../common/waiting.ts';
import { LineReader } from '../../../protocol/ndjson-reader.ts';
import type { Ending, Part, PartSpec } from '../runtime.ts';

const debug = new Debug('docker');

/** Which namespaces a container joins, and the sysctls of the one that it makes. */
export interface Place {
  network: string;
  pid?: string;
  sysctls: Record<string, string>;
  /** A port of it on the host. */
  published?: Pick<Docker.ContainerCreateOptions, 'ExposedPorts' | 'HostConfig'>;
  /** CPU quota and memory limit. */
  quota?: Docker.HostConfig;
  /** Who it runs as, and what it may do beyond nothing: to look into the processes of somebody else's server. */
  rights?: { user: string; capabilities: string[] };
}

export interface RunningContainer extends Part {
  id: string;
}

/**
 * Starts a part as a container with nothing more than it needs: no capability, no new privileges, a read-only root,
 * the image's ordinary user. Its stdin is held by the lab and closes with it, which ends the part.
 */
export async function startContainer(
  docker: Docker,
  image: string,
  spec: PartSpec,
  place: Place,
  labels: Record<string, string>,
): Promise<RunningContainer> {
  const { role, nofile: limit } = spec;
  // The gateway's container outlives the gateway, so that the observer in its pid namespace does.
  const env = { ...spec.env, LIFELINE: 'stdin', ...(role === 'gateway' && { LINGER: '1' }) };
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['node', ...(spec.nodeOptions ?? []), programName(spec.module)],
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    User: place.rights?.user,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    ExposedPorts: place.published?.ExposedPorts,
    HostConfig: {
      ...place.published?.HostConfig,
      AutoRemove: true,
      NetworkMode: place.network,
      PidMode: place.pid,
      Sysctls: Object.keys(place.sysctls).length > 0 ? place.sysctls : undefined,
      Ulimits: limit === undefined ? undefined : [{ Name: 'nofile', Soft: limit, Hard: limit }],
      ...place.quota,
      CapDrop: ['ALL'],
      CapAdd: place.rights?.capabilities,
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      // A part's output is read as it comes, never from the log.
      LogConfig: { Type: 'none', Config: {} },
    },
  });
  const ended = Promise.withResolvers<Ending>();
  let stdin: NodeJS.WritableStream | undefined;
  const reader = new LineReader((line) => {
    const { event, code, signal, oomKills } = line as { event?: string } & Ending;
    if (event === 'exit') ended.resolve(defined({ code, signal, oomKills, output: reader.stray.trim() }));
    else spec.onLine(line);
  });
  try {
    const stream = await container.attach({
      stream: true,
      stdin: true,
      stdout: true,
      stderr: true,
      hijack: true,
    });
    const stdout = new PassThrough().on('data', (chunk: Buffer) => reader.push(chunk));
    const stderr = new PassThrough().on('data', (chunk: Buffer) => reader.note(chunk.toString()));
    docker.modem.demuxStream(stream, stdout, stderr);
    stream.once('end', () => {
      reader.end();
      ended.resolve({ code: null, signal: 'gone', output: reader.stray.trim() });
    });
    stream.on('error', () => {});
    stdin = stream;
    await container.start();
  } catch (error) {
    await container.remove({ force: true }).catch(() => {});
    throw error;
  }
  debug.say('%s started: container %s, %s', role, container.id.slice(0, 12), spec.module);
  if (debug.on)
    ended.promise.then(({ code, signal }) =>
      debug.say('%s ended: container %s, %s', role, container.id.slice(0, 12), signal ?? `code ${code}`),
    );
  return {
    id: container.id,
    ended: ended.promise,
    signal: (name) => signalContainer(container, name),
    say: (line) => void stdin?.write(`${line}\n`),
  };
}

/**
 * Sends a signal to a container's process; stops and continues the whole container. Does nothing when it has ended. Throws
 * CannotRunError when the engine cannot stop it.
 */
export async function signalContainer(
  container: Docker.Container,
  name: Parameters<Part['signal']>[0],
): Promise<void> {
  try {
    if (name === 'SIGSTOP') await pause(container);
    else if (name === 'SIGCONT') await container.unpause();
    else await container.kill({ signal: name });
  } catch (error) {
    if (error instanceof CannotRunError) throw error;
    // It has ended, or was not paused.
  }
}

/** The freezer of cgroup v1 gives up on a process that is busy in the kernel (runc libcontainer/cgroups/fs/freezer.go). */
const PAUSE_MS = 2000;

async function pause(container: Docker.Container): Promise<void> {
  let refusal = '';
  const tryIt = () =>
    container.pause().then(
      () => true,
      ({ statusCode, message }: { statusCode?: number; message: string }) => {
        debug.say('pause of %s refused: %s', container.id.slice(0, 12), message);
        refusal = message.replace(/\s+/g, ' ');
        // 404: gone; 409: not running.
        return statusCode === 404 || statusCode === 409 || undefined;
      },
    );
  if (await retryUntil(tryIt, { everyMs: 50, forMs: PAUSE_MS })) return;
  throw new CannotRunError(`docker: the gateway cannot be paused: ${refusal}`);
}
