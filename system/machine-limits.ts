import { type Host, sysctlNumber, thisHost } from './host.ts';
import { statusField } from './proc/status.ts';

const CAP_SYS_RESOURCE = 24n;

/** The least that kern.maxfilesperproc is (XNU bsd/sys/syslimits.h OPEN_MAX), for where it cannot be read. */
const OPEN_MAX = 10_240;

/** What bounds a child's nofile here, as it is named in an error. */
export function nofileBound({ platform }: Pick<Host, 'platform'> = thisHost): string {
  return platform === 'darwin' ? 'kern.maxfilesperproc, or ulimit -Hn' : 'ulimit -Hn';
}

/**
 * The highest hard nofile that a child of this process can have: the hard limit, or fs.nr_open with
 * CAP_SYS_RESOURCE (Linux kernel/sys.c do_prlimit), or kern.maxfilesperproc under an unlimited hard limit (XNU
 * bsd/kern/kern_resource.c proc_limitgetcur_nofile).
 */
export function highestNofile(host: Host = thisHost): number {
  const hard = host.run('/bin/sh', '-c', 'ulimit -Hn').trim();
  if (host.platform === 'darwin') {
    const perProcess = sysctlNumber(host, 'kern.maxfilesperproc') ?? OPEN_MAX;
    return hard === 'unlimited' ? perProcess : Math.min(Number(hard), perProcess);
  }
  if (host.platform === 'linux' && hasCapability(CAP_SYS_RESOURCE, host)) {
    return Number(host.read('/proc/sys/fs/nr_open'));
  }
  return hard === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(hard);
}

function hasCapability(bit: bigint, host: Host): boolean {
  const effective = statusField(host.read('/proc/self/status'), 'CapEff') ?? '0';
  return ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
}
