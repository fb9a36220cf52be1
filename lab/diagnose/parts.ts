import { CannotRunError } from '../errors.ts';
import { dockerClient, RUN_LABEL } from '../runtimes/docker/client.ts';
import { startContainer } from '../runtimes/docker/container.ts';
import { ensureImage } from '../runtimes/docker/image.ts';
import { startProcess } from '../runtimes/processes.ts';
import type { Part, PartSpec } from '../runtimes/runtime.ts';
import type { Place } from './target.ts';

/** To look into the processes of somebody else's server (fs/proc/fd.c proc_fd_permission). */
const RIGHTS = { user: '0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] };

/** Starts a part beside a server: in its network namespace, and a watcher in that of its pids as well. */
export async function startBeside(place: Place, spec: PartSpec, label: string): Promise<Part> {
  if (place.container === undefined) return startProcess(spec, label, place.enter);
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

/** How its container ended, as the engine knows; undefined while it runs, or when the engine has forgotten it. */
export async function endOfContainer({
  container,
}: Place): Promise<{ code: number; oomKills?: number } | undefined> {
  if (container === undefined) return undefined;
  const seen = await dockerClient()
    .getContainer(container.id)
    .inspect()
    .catch(() => undefined);
  if (seen === undefined || seen.State.Running) return undefined;
  return { code: seen.State.ExitCode, ...(seen.State.OOMKilled ? { oomKills: 1 } : {}) };
}

/** What a part that ended too early said. */
export function endedEarly(what: string, output: string): CannotRunError {
  return new CannotRunError(`${what}: ${output.split('\n')[0] || 'it ended without a word'}`);
}
