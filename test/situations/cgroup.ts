import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { sleep } from '../diagnose/place.ts';

const ROOT = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup';

/** A cgroup with room for so many processes; in either version of cgroups. Disposing it removes it, once it is empty. */
export function pidsGroup(max: number): AsyncDisposable & { path: string } {
  const path = `${ROOT}/resetlab-situation-${process.pid}-${Date.now()}`;
  mkdirSync(path);
  writeFileSync(`${path}/pids.max`, String(max));
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
