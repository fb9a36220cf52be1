import { CannotRunError, UsageError } from '../../common/errors.ts';
import { thisHost } from '../../system/host.ts';
import { native } from './native.ts';
import { netns } from './netns.ts';
import { LOCAL_RUNTIMES, RUNTIME_NAMES, type Runtime, type RuntimeName } from './runtime.ts';

interface Choice {
  platform?: NodeJS.Platform;
  /** Those that may be named; absent: all. */
  names?: readonly RuntimeName[];
}

/**
 * The runtime of that name, or for `auto` docker where an engine answers, else netns on Linux, else native; on macOS native, since
 * an engine there has a Linux kernel. Throws UsageError for an unknown name, CannotRunError when the one asked for cannot be had here.
 */
export async function pickRuntime(
  name: string,
  { platform = thisHost.platform, names = RUNTIME_NAMES }: Choice = {},
): Promise<Runtime> {
  if (name === 'auto') {
    const candidates: readonly RuntimeName[] = platform === 'darwin' ? ['native'] : LOCAL_RUNTIMES;
    for (const candidate of candidates) {
      const runtime = await load(candidate);
      if ((await runtime.missing()) === undefined) return runtime;
    }
  }
  if (!(names as readonly string[]).includes(name)) {
    throw new UsageError(`--runtime ${name}: allowed: auto, ${names.join(', ')}`);
  }
  const runtime = await load(name as RuntimeName);
  const missing = await runtime.missing();
  if (missing !== undefined) throw new CannotRunError(`--runtime ${name}: ${missing}`);
  return runtime;
}

/** Docker's client library takes 0.3 s to load, so it is loaded only when it is wanted. */
async function load(name: RuntimeName): Promise<Runtime> {
  if (name === 'docker') return (await import('./docker/docker.ts')).docker;
  if (name === 'swarm') return (await import('./swarm/swarm.ts')).swarm;
  return name === 'netns' ? netns : native;
}
