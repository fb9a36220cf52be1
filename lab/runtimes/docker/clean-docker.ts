import { messageOf } from '../../../common/errors.ts';
import { retryUntil } from '../../../common/waiting.ts';
import { type Cleaned, sortOut } from '../cleaned.ts';
import { dockerClient, managerNode, missingEngine, RUN_LABEL } from './client.ts';

/** What `clean` removes with an engine. */
export type CleanedOfEngine = Record<'services' | 'containers' | 'networks', Cleaned>;

/**
 * Removes services, containers and networks whose label names a lab that is gone, with `force` also one that may be; their names. None
 * where no engine answers, and no services where it is no manager of a swarm.
 */
export async function cleanDocker(force: boolean): Promise<CleanedOfEngine> {
  if ((await missingEngine()) !== undefined)
    return { services: nothing(), containers: nothing(), networks: nothing() };
  const docker = dockerClient();
  const filters = { label: [RUN_LABEL] };
  const manager = (await managerNode()) !== undefined;
  return {
    // Its containers go with it.
    services: await clean(
      (manager ? await docker.listServices({ filters }) : []).map(({ ID, Spec }) => ({ ID, ...Spec })),
      ({ Name = '' }) => Name,
      ({ ID }) => docker.getService(ID).remove(),
      force,
    ),
    containers: await clean(
      await docker.listContainers({ all: true, filters }),
      ({ Id }) => Id.slice(0, 12),
      ({ Id }) => docker.getContainer(Id).remove({ force: true }),
      force,
    ),
    // A network can go once the containers in it have.
    networks: await clean(
      // What a manager has taken away goes from its workers by itself.
      (await docker.listNetworks({ filters })).filter(({ Scope }) => manager || Scope !== 'swarm'),
      ({ Name }) => Name,
      ({ Id }) => docker.getNetwork(Id).remove(),
      force,
    ),
  };
}

const nothing = (): Cleaned => ({ removed: [], left: [], failed: [] });

async function clean<Thing extends { Labels?: Record<string, string> | undefined }>(
  things: readonly Thing[],
  nameOf: (thing: Thing) => string,
  remove: (thing: Thing) => Promise<unknown>,
  force: boolean,
): Promise<Cleaned> {
  const { due, left } = sortOut(things, ({ Labels }) => Labels?.[RUN_LABEL] ?? '', force);
  const cleaned: Cleaned = { ...nothing(), left: left.map(nameOf) };
  const removals = due.map(async (thing) => {
    const name = nameOf(thing);
    const why = await removeInTime(() => remove(thing));
    if (why === undefined) cleaned.removed.push(name);
    else cleaned.failed.push({ name, why });
  });
  await Promise.all(removals);
  return cleaned;
}

const REMOVE_MS = 3000;

/** Undefined once it is gone, else the engine's reason. */
async function removeInTime(remove: () => Promise<unknown>): Promise<string | undefined> {
  let why: string | undefined;
  const tryIt = () =>
    remove().then(
      () => true,
      (error: { statusCode?: number }) => {
        if (error.statusCode === 404) return true;
        why = messageOf(error);
        // 409: the engine is removing it already; 403: a network's last container has not quite gone.
        return error.statusCode === 409 || error.statusCode === 403 ? undefined : false;
      },
    );
  return (await retryUntil(tryIt, { everyMs: 100, forMs: REMOVE_MS })) ? undefined : why;
}
