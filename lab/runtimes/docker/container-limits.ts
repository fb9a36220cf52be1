import type Docker from 'dockerode';
import { UsageError } from '../../../common/errors.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { runThrowAway } from './throw-away.ts';

/** Every engine takes a limit up to this; above it is tried out first. */
const USUAL_NOFILE = 8192;

/**
 * Throws UsageError when the engine refuses a limit, saying how high it goes: tried with a container that does nothing,
 * since an engine may give more than its default (with CAP_SYS_RESOURCE) or less than asked for.
 */
export async function checkEngineNofile(
  docker: Docker,
  image: string,
  settings: ResolvedSettings,
): Promise<void> {
  for (const name of ['nofile', 'robots_nofile'] as const) {
    const value = settings.values[name];
    if (value === undefined || value <= USUAL_NOFILE || (await takes(docker, image, value))) continue;
    const where = settings.where[name] ?? 'the scenario';
    const highest = await highestOf(docker, image);
    throw new UsageError(
      `${where}: ${name}=${value}: above the hard limit of this Docker engine; allowed is at most ${highest}`,
    );
  }
}

async function takes(docker: Docker, image: string, nofile: number): Promise<boolean> {
  const limits = { Ulimits: [{ Name: 'nofile', Soft: nofile, Hard: nofile }] };
  return runThrowAway(docker, image, ['true'], limits).then(
    () => true,
    () => false,
  );
}

/** The hard limit that a container gets unasked. */
async function highestOf(docker: Docker, image: string): Promise<number> {
  return Number((await runThrowAway(docker, image, ['sh', '-c', 'ulimit -Hn'])).said);
}
