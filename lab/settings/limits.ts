import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const CAP_SYS_RESOURCE = 24n;

/**
 * The highest hard nofile that a child of this process can have: the hard limit, or fs.nr_open with
 * CAP_SYS_RESOURCE (Linux kernel/sys.c do_prlimit), or kern.maxfilesperproc under an unlimited hard limit (XNU
 * bsd/kern/kern_resource.c proc_limitgetcur_nofile).
 */
export function highestNofile(): number {
  const hard = execFileSync('/bin/sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  if (process.platform === 'darwin') {
    const perProcess = Number(execFileSync('sysctl', ['-n', 'kern.maxfilesperproc'], { encoding: 'utf8' }));
    return hard === 'unlimited' ? perProcess : Math.min(Number(hard), perProcess);
  }
  if (process.platform === 'linux' && hasCapability(CAP_SYS_RESOURCE)) {
    return Number(readFileSync('/proc/sys/fs/nr_open', 'utf8'));
  }
  return hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
}

function hasCapability(bit: bigint): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
}
