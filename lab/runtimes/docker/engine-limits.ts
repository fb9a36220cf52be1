import type Docker from 'dockerode';
import { refused } from '../../settings/refused.ts';
import type { Settings } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import { runThrowAway } from './throw-away.ts';

/** Every engine takes a limit up to this; above it is tried out first. */
export const USUAL_NOFILE = 8192;

/** Less than this an engine refuses (moby daemon/daemon_unix.go linuxMinMemory). */
const LEAST_MEMORY_MB = 6;

/** The CPU quota and the limits of memory and of processes of a container, as its HostConfig has them; without swap beside the memory. */
export function quotaOf({ cpus, memory_mb, pids_max }: Settings): Docker.HostConfig {
  const bytes = memory_mb * 2 ** 20;
  return {
    ...(cpus > 0 && { NanoCpus: Math.round(cpus * 1e9) }),
    ...(memory_mb > 0 && { Memory: bytes, MemorySwap: bytes }),
    ...(pids_max > 0 && { PidsLimit: pids_max }),
  };
}

/**
 * Throws UsageError when the engine refuses a limit of descriptors, saying how high it goes: tried with a container that does
 * nothing, since an engine may give more than its default (with CAP_SYS_RESOURCE) or less than asked for.
 */
export async function checkEngineNofile(
  docker: Docker,
  image: string,
  settings: ResolvedSettings,
): Promise<void> {
  for (const name of ['nofile', 'robots_nofile'] as const) {
    const value = settings.values[name];
    if (value === undefined || value <= USUAL_NOFILE || (await takes(docker, image, value))) continue;
    // The hard limit that a container gets unasked.
    const { said } = await runThrowAway(docker, image, ['sh', '-c', 'ulimit -Hn']);
    throw refused(
      settings,
      name,
      `above the hard limit of this Docker engine; allowed: at most ${Number(said)}`,
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

/** Throws UsageError when the engine would refuse `cpus` (above its own), `memory_mb` or `pids_max`, or cannot hold anybody to it. */
export async function checkEngineQuota(docker: Docker, settings: ResolvedSettings): Promise<void> {
  const { cpus, memory_mb, pids_max } = settings.values;
  if (cpus === 0 && memory_mb === 0 && pids_max === 0) return;
  const info: { NCPU: number; CpuCfsQuota: boolean; MemoryLimit: boolean; PidsLimit: boolean } =
    await docker.info();
  if (cpus > 0 && !info.CpuCfsQuota)
    throw refused(settings, 'cpus', 'this Docker engine has no CPU quota; allowed: 0');
  if (cpus > info.NCPU)
    throw refused(
      settings,
      'cpus',
      `this Docker engine has ${info.NCPU} CPUs; allowed: 0.01 to ${info.NCPU}, or 0`,
    );
  if (pids_max > 0 && !info.PidsLimit)
    throw refused(settings, 'pids_max', 'this Docker engine has no limit on processes; allowed: 0');
  if (memory_mb > 0 && !info.MemoryLimit)
    throw refused(settings, 'memory_mb', 'this Docker engine has no memory limit; allowed: 0');
  if (memory_mb > 0 && memory_mb < LEAST_MEMORY_MB)
    throw refused(
      settings,
      'memory_mb',
      `too little for a Docker engine; allowed: ${LEAST_MEMORY_MB} or more, or 0`,
    );
}
