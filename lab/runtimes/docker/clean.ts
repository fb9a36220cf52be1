import { type Cleaned, sortOut } from '../cleaned.ts';
import { dockerClient, missingEngine, RUN_LABEL } from './client.ts';

/**
 * Removes containers and networks whose label names a lab that is gone, with `force` also one that may be; their names. None
 * where no engine answers.
 */
export async function cleanDocker(force: boolean): Promise<{ containers: Cleaned; networks: Cleaned }> {
  if ((await missingEngine()) !== undefined) return { containers: nothing(), networks: nothing() };
  const docker = dockerClient();
  const filters = { label: [RUN_LABEL] };
  return {
    containers: await clean(
      await docker.listContainers({ all: true, filters }),
      ({ Id }) => Id.slice(0, 12),
      ({ Id }) => docker.getContainer(Id).remove({ force: true }),
      force,
    ),
    // A network can go once the containers in it have.
    networks: await clean(
      await docker.listNetworks({ filters }),
      ({ Name }) => Name,
      ({ Id }) => docker.getNetwork(Id).remove(),
      force,
    ),
  };
}

const nothing = (): Cleaned => ({ removed: [], left: [] });

async function clean<Thing extends { Labels?: Record<string, string> | undefined }>(
  things: readonly Thing[],
  nameOf: (thing: Thing) => string,
  remove: (thing: Thing) => Promise<unknown>,
  force: boolean,
): Promise<Cleaned> {
  const { due, left } = sortOut(things, ({ Labels }) => Labels?.[RUN_LABEL] ?? '', force);
  for (const thing of due) await remove(thing).catch(() => {});
  return { removed: due.map(nameOf), left: left.map(nameOf) };
}
