import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { thisHost } from '../host.ts';
import { canPrefix } from '../tools.ts';

/** Where the kernel makes an empty folder for tracefs; systemd and others mount it there. */
const TRACEFS = '/sys/kernel/tracing';
const MOUNTED = [TRACEFS, '/sys/kernel/debug/tracing'];

/**
 * How to start a process that sees tracefs: a command to put before its own, empty where it is mounted; a string says why
 * it cannot be had. Where it is not mounted the process gets a mount namespace of its own, so that the host is not changed.
 */
export function wayToTracefs(): string[] | string {
  if (thisHost.platform !== 'linux') return 'the kernel tells it on Linux only';
  if (process.getuid?.() !== 0) return 'only root may read tracefs';
  if (mountedTracefs() !== undefined) return [];
  if (!existsSync(TRACEFS)) return 'this kernel has no tracefs';
  const own = ['unshare', '--mount', '--'];
  return canPrefix(own) ? own : 'tracefs is not mounted here, and this process may not mount it';
}

/** tracefs where it is mounted and instances may be made. */
function mountedTracefs(): string | undefined {
  return MOUNTED.find((root) => {
    try {
      accessSync(`${root}/instances`, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** In a process started in that way: tracefs, mounted now if need be. Throws when it cannot be mounted. */
export function findTracefs(): string {
  const there = mountedTracefs();
  if (there !== undefined) return there;
  execFileSync('mount', ['-t', 'tracefs', 'tracefs', TRACEFS], { stdio: 'pipe' });
  return TRACEFS;
}
