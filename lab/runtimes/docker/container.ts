import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { LineReader } from '../lines.ts';
import type { Ending, Part, PartSpec } from '../runtime.ts';

/** Which namespaces a container joins, and the sysctls of the one that it makes. */
export interface Place {
  network: string;
  pid?: string;
  sysctls: Record<string, string>;
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
  const limit = spec.nofile;
  const container = await docker.createContainer({
    Image: image,
    Cmd: ['node', spec.module],
    Env: Object.entries({ ...spec.env, ...lifeline(spec) }).map(([name, value]) => `${name}=${value}`),
    Labels: labels,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: place.network,
      ...(place.pid ? { PidMode: place.pid } : {}),
      ...(Object.keys(place.sysctls).length > 0 ? { Sysctls: place.sysctls } : {}),
      ...(limit === undefined ? {} : { Ulimits: [{ Name: 'nofile', Soft: limit, Hard: limit }] }),
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      // A part's output is read as it comes, never from the log.
      LogConfig: { Type: 'none', Config: {} },
    },
  });
  const ended = Promise.withResolvers<Ending>();
  const reader = new LineReader((line) => {
    const exit = line as { event?: string; code: number | null; signal: string | null };
    if (exit.event === 'exit')
      ended.resolve({ code: exit.code, signal: exit.signal, output: reader.stray.trim() });
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
    await container.start();
  } catch (error) {
    await container.remove({ force: true }).catch(() => {});
    throw error;
  }
  return { id: container.id, ended: ended.promise, signal: (name) => send(container, name) };
}

function lifeline({ role }: PartSpec): Record<string, string> {
  // The gateway's container outlives the gateway, so that the observer in its pid namespace does.
  return role === 'gateway' ? { LIFELINE: 'stdin', LINGER: '1' } : { LIFELINE: 'stdin' };
}

async function send(container: Docker.Container, name: Parameters<Part['signal']>[0]): Promise<void> {
  try {
    if (name === 'SIGSTOP') await container.pause();
    else if (name === 'SIGCONT') await container.unpause();
    else await container.kill({ signal: name });
  } catch {
    // It has ended, or was not paused.
  }
}
