import { isAlive } from '../label.ts';
import { dockerClient, missingEngine, RUN_LABEL } from './client.ts';

/** Removes containers and networks whose label names a lab that is gone; their names. None where no engine answers. */
export async function cleanDocker(): Promise<{ containers: string[]; networks: string[] }> {
  if ((await missingEngine()) !== undefined) return { containers: [], networks: [] };
  const docker = dockerClient();
  const filters = { label: [RUN_LABEL] };
  const left = (labels: Record<string, string> | undefined) => !isAlive(labels?.[RUN_LABEL] ?? '');
  const containers = (await docker.listContainers({ all: true, filters })).filter(({ Labels }) =>
    left(Labels),
  );
  for (const { Id } of containers)
    await docker
      .getContainer(Id)
      .remove({ force: true })
      .catch(() => {});
  const networks = (await docker.listNetworks({ filters })).filter(({ Labels }) => left(Labels));
  for (const { Id } of networks)
    await docker
      .getNetwork(Id)
      .remove()
      .catch(() => {});
  return {
    containers: containers.map(({ Id }) => Id.slice(0, 12)),
    networks: networks.map(({ Name }) => Name),
  };
}
