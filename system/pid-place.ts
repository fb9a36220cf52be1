import { createHash } from 'node:crypto';
import { type Host, readBootId, thisHost } from './host.ts';
import { readNamespacePids } from './proc/status.ts';
import { readLink } from './read.ts';

/** Where a pid and a start time mean one process and no other. */
export interface Place {
  /** A short hash of this boot of this machine. */
  boot: string;
  /** Number of the pid namespace; 0 where there are none. */
  namespace: string;
}

/** The one that the kernel begins with (include/linux/proc_ns.h PROC_PID_INIT_INO): it numbers every process there is. */
export const FIRST_NAMESPACE = String(0xefff_fffc);

let known: { place: Place | undefined } | undefined;

/** The place of this process; undefined where the system does not tell it. */
export function thisPlace(): Place | undefined {
  known ??= { place: findPlace(thisHost) };
  return known.place;
}

/** The place of this process on a host. */
export function findPlace(host: Host): Place | undefined {
  try {
    return host.platform === 'linux' ? placeOnLinux() : placeElsewhere(host);
  } catch {
    return undefined;
  }
}

function placeOnLinux(): Place | undefined {
  const boot = readBootId();
  const namespace = numberOf(readLink('/proc/self/ns/pid') ?? '');
  if (boot === undefined || namespace === undefined) return undefined;
  // Start times are told by the clock of the time namespace (fs/proc/array.c do_task_stat); kernels before 5.6 have one.
  return { boot: hash(boot + (readLink('/proc/self/ns/time') ?? '')), namespace };
}

/** macOS has an id of its boot, and numbers all processes alike. */
function placeElsewhere(host: Host): Place | undefined {
  const boot = host.run('sysctl', '-n', 'kern.bootsessionuuid').trim();
  return boot === '' ? undefined : { boot: hash(boot), namespace: '0' };
}

/** The numbers of this process's network and pid namespaces; undefined where there are none. */
export function thisNamespaces(): { net: string; pid: string } | undefined {
  const [net, pid] = ['net', 'pid'].map((name) => numberOf(readLink(`/proc/self/ns/${name}`) ?? ''));
  return net === undefined || pid === undefined ? undefined : { net, pid };
}

/** The number in a link of /proc/PID/ns, e.g. `pid:[4026531836]` (namespaces(7)). */
export function numberOf(link: string): string | undefined {
  return /^\w+:\[(\d+)\]$/.exec(link)?.[1];
}

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/**
 * Does /proc number processes as this one is numbered? It is that of another namespace where nobody mounted it anew: then
 * NSpid has this process's number in each of them (proc_pid_status(5)).
 */
export function hasOwnProc(): boolean {
  return readNamespacePids('self')?.length === 1;
}
