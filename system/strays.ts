import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { thisHost } from './host.ts';

/** How fdinfo shows FD_CLOEXEC (Linux fs/proc/fd.c seq_show), which what has come through exec(2) cannot have (fs/file.c do_close_on_exec). */
const O_CLOEXEC = 0o2000000;

/**
 * Closes what this process was handed down beside stdin, stdout and stderr. Some terminals, editors and CI runners leave
 * descriptors open, each would take a user's place, and the same load would show another threshold there. All that Node has
 * opened itself is FD_CLOEXEC. Elsewhere than on Linux none come from a Node parent (libuv src/unix/process.c,
 * POSIX_SPAWN_CLOEXEC_DEFAULT), and nothing is closed. Throws EMFILE where not even /proc can be read.
 */
export function closeStrays(): void {
  if (thisHost.platform !== 'linux') return;
  const strays = readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && !closesOnExec(fd));
  for (const fd of strays) closeSync(fd);
}

function closesOnExec(fd: number): boolean {
  let info: string;
  try {
    info = readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8');
  } catch (error) {
    // The one that listed them is gone.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
  const flags = /^flags:\s*([0-7]+)/m.exec(info)?.[1];
  return flags === undefined || (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}
