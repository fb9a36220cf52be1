import { countDescriptors, readNofile } from '../../../system/descriptors.ts';
import type { Holders } from '../../../system/proc/holders.ts';
import { familyOf } from '../../../system/proc/process.ts';
import { readLink } from '../../../system/read.ts';

/** A process for each connection, or for a few, comes near no limit by them. */
const MANY_CONNECTIONS = 8;

/** To look at each takes time, many times a second. */
const MOST_WORKERS = 64;

/** stdin, stdout and stderr, and a socket through which it would be handed them: with no more there is no place for a connection. */
const NO_PLACE = 4;

/** A sandboxed child gives up its right to more descriptors, and keeps those it has: it takes nobody. */
function takesNobody(pid: number): boolean {
  const [soft, held] = [readNofile(pid)?.soft, countDescriptors(pid)];
  return soft !== undefined && held !== undefined && (soft < held || soft <= NO_PLACE);
}

/**
 * Processes of a server that hold its connections and not its listener, since they are handed each of them, as those of
 * node:cluster are: they run out of descriptors all the same. Before the load they are known by what they run, which is what
 * their parent runs, and by room for any; later by the sockets they hold.
 * @param held the connections, by who holds them
 */
export function findWorkers(holders: ReadonlySet<number>, held: Holders['inodes']): number[] {
  const programOf = (pid: number) => readLink(`/proc/${pid}/exe`);
  const programs = new Set([...holders].flatMap((pid) => programOf(pid) ?? []));
  const family = familyOf(...holders).filter(
    (pid) => programs.has(programOf(pid) ?? '') && (held.has(pid) || !takesNobody(pid)),
  );
  const busy = [...held].flatMap(([pid, inodes]) => (inodes.size >= MANY_CONNECTIONS ? pid : []));
  return [...new Set([...family, ...busy])].filter((pid) => !holders.has(pid)).slice(0, MOST_WORKERS);
}
