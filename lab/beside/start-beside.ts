import { NAME } from '../../common/called.ts';
import type { Place } from '../evidence/server-place.ts';
import { dockerClient, RUN_LABEL } from '../runtimes/docker/client.ts';
import { startContainer } from '../runtimes/docker/container.ts';
import { deathSignal, startProcess } from '../runtimes/processes.ts';
import type { Part, PartSpec } from '../runtimes/runtime.ts';

/** What reading the processes of another user's server needs (fs/proc/fd.c proc_fd_permission). */
const RIGHTS = { user: '0', capabilities: ['SYS_PTRACE', 'DAC_READ_SEARCH'] };

/**
 * Starts a part beside a server: in its network namespace, and a watcher in its pid namespace as well. Where those of a container cannot
 * be entered from here, the part is a container of its own, which is announced on stderr before anything is built or started. An abort
 * while an image is built for it throws its reason.
 */
export async function startBeside(
  place: Place,
  spec: PartSpec,
  label: string,
  signal: AbortSignal,
): Promise<Part> {
  const watcher = spec.role === 'observer';
  if (watcher && place.enterPids) return startInside(spec, label, place.enterPids);
  if (place.container === undefined || place.enter.length > 0) return startProcess(spec, label, place.enter);
  // The compose stack's own container does not have the scripts that make images.
  const { builtImage, ensureImage } = await import('../runtimes/docker/image.ts');
  const docker = dockerClient();
  const beside = `container:${place.container.id}`;
  const image = (await builtImage(docker)) ?? 'resetlab, to be built first';
  process.stderr.write(`${announcement(place.container.name, image, watcher)}\n`);
  return startContainer(
    docker,
    await ensureImage(docker, signal),
    spec,
    { network: beside, sysctls: {}, ...(watcher ? { pid: beside, rights: RIGHTS } : {}) },
    { [RUN_LABEL]: label },
  );
}

/** Says what is about to be started in the engine. */
function announcement(server: string, image: string, watcher: boolean): string {
  const rights = watcher
    ? `its network and pid namespaces, as root with the capabilities ${RIGHTS.capabilities.join(' and ')}`
    : 'its network namespace, with no capability';
  return `${NAME}: starting a container beside ${server}, of the image ${image}: in ${rights}`;
}

/** In a pid namespace nsenter forks and waits. A signal would end only nsenter; the end of stdin ends the watcher in order. */
function startInside(spec: PartSpec, label: string, enter: readonly string[]): Part {
  const part = startProcess(spec, label, [...deathSignal(), ...enter]);
  return {
    ended: part.ended,
    signal: async (name) => (name === 'SIGTERM' ? part.release() : part.signal(name)),
  };
}
