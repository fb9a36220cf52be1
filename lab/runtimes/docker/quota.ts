import type Docker from 'dockerode';
import { UsageError } from '../../../common/errors.ts';
import type { Settings } from '../../settings/schema.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';

/** Less than this an engine refuses (moby daemon/daemon_unix.go linuxMinMemory). */
const LEAST_MEMORY_MB = 6;

/** The CPU quota and the memory limit of a container, as its HostConfig has them; without swap beside the memory. */
export function quotaOf({ cpus, memory_mb }: Settings): Docker.HostConfig {
  const bytes = memory_mb * 2 ** 20;
  return {
    ...(cpus === 0 ? {} : { NanoCpus: Math.round(cpus * 1e9) }),
    ...(memory_mb === 0 ? {} : { Memory: bytes, MemorySwap: bytes }),
  };
}

/** Throws UsageError when the engine would refuse `cpus` (above its own) or `memory_mb`, or cannot hold anybody to it. */
export async function checkEngineQuota(docker: Docker, settings: ResolvedSettings): Promise<void> {
  const { cpus, memory_mb } = settings.values;
  if (cpus === 0 && memory_mb === 0) return;
  const info: { NCPU: number; CpuCfsQuota: boolean; MemoryLimit: boolean } = await docker.info();
  const refuse = (name: 'cpus' | 'memory_mb', why: string) =>
    new UsageError(`${settings.where[name] ?? 'the scenario'}: ${name}=${settings.values[name]}: ${why}`);
  if (cpus > 0 && !info.CpuCfsQuota)
    throw refuse('cpus', 'this Docker engine has no CPU quota; allowed is 0');
  if (cpus > info.NCPU)
    throw refuse('cpus', `this Docker engine has ${info.NCPU} CPUs; allowed is 0.01 to ${info.NCPU}, or 0`);
  if (memory_mb > 0 && !info.MemoryLimit)
    throw refuse('memory_mb', 'this Docker engine has no memory limit; allowed is 0');
  if (memory_mb > 0 && memory_mb < LEAST_MEMORY_MB)
    throw refuse('memory_mb', `too little for a Docker engine; allowed is ${LEAST_MEMORY_MB} or more, or 0`);
}
