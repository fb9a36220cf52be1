import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { sleep } from '../diagnose/place.ts';

type Group = AsyncDisposable & { path: string };

/** A cgroup with room for so many processes; in either version of cgroups. Disposing it removes it, once it is empty. */
export function pidsGroup(max: number): Group {
  return group('pids', { 'pids.max': max });
}

/** The same with so much memory, bytes, and no swap. */
export function memoryGroup(max: number): Group {
  return group('memory', { 'memory.max': max, 'memory.swap.max': 0, 'memory.limit_in_bytes': max });
}

/** Gets those of the limits that its version knows. */
function group(controller: string, limits: Record<string, number>): Group {
  const old = `/sys/fs/cgroup/${controller}`;
  const root = existsSync(old) ? old : '/sys/fs/cgroup';
  const path = `${root}/resetlab-situation-${process.pid}-${Date.now()}`;
  mkdirSync(path);
  for (const [name, limit] of Object.entries(limits))
    if (existsSync(`${path}/${name}`)) writeFileSync(`${path}/${name}`, String(limit));
  return {
    path,
    async [Symbol.asyncDispose]() {
      for (let tries = 50; tries > 0; tries -= 1) {
        try {
          return rmdirSync(path);
        } catch {
          // The last of its processes are ending.
          await sleep(100);
        }
      }
    },
  };
}
