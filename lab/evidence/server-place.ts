import { existsSync } from 'node:fs';
import { CannotRunError, messageOf, UsageError } from '../../common/errors.ts';
import { isElsewhere } from '../../system/proc/process.ts';
import { readText } from '../../system/read.ts';
import { canPrefix } from '../../system/tools.ts';
import { dockerClient, missingEngine } from '../runtimes/docker/client.ts';
import { endedMeanwhile, noSuchProcess } from './linux/locate.ts';

/** Which server is meant. */
export interface Wanted {
  pid?: number;
  port?: number;
  /** Where several servers listen on one port: which. */
  address?: string;
  container?: string;
}

/** Where it lives, and how to get there. */
export interface Place {
  how: 'pid' | 'port' | 'container';
  /** Put before a command to run it in the server's network namespace; empty: it is our own. */
  enter: string[];
  /** The same as a person types it. */
  prefix: string;
  /** Where its /proc/net is read when its namespace cannot be entered. */
  netDir?: string;
  /** Put before a command to run it in the pid namespace of its container as well, with that namespace's /proc. */
  enterPids?: string[];
  /** Id of its container. */
  container?: { id: string; name: string };
  /** Where its own log is likely to be; known once it is found. */
  logs?: string[];
  /** As its users call it, without a query. */
  url?: string;
}

/**
 * Finds the way to a server. @throws {UsageError} when there is no such process or container. @throws {CannotRunError} when no
 * engine answers.
 */
export async function placeOf({ pid, container }: Wanted): Promise<Place> {
  if (container !== undefined) return placeOfContainer(container);
  if (pid === undefined) return { how: 'port', enter: [], prefix: '' };
  if (!existsSync(`/proc/${pid}`)) throw noSuchProcess(`--pid ${pid}`);
  if (isElsewhere(pid) === false) return { how: 'pid', enter: [], prefix: '' };
  const entries = [
    ['nsenter', '-t', String(pid), '-n', '--'],
    ['nsenter', '-t', String(pid), '-U', '--preserve-credentials', '-n', '--'],
  ];
  const enter = entries.find(canPrefix);
  if (enter) return { how: 'pid', enter, prefix: `${enter.slice(0, -1).join(' ')} ` };
  if (!existsSync(`/proc/${pid}`)) throw endedMeanwhile(`--pid ${pid}`);
  return { how: 'pid', enter: [], prefix: `sudo nsenter -t ${pid} -n `, netDir: `/proc/${pid}/net` };
}

async function placeOfContainer(name: string): Promise<Place> {
  const missing = await missingEngine();
  if (missing) throw new CannotRunError(`--container ${name}: ${missing.split(', or use')[0]}`);
  const seen = await dockerClient()
    .getContainer(name)
    .inspect()
    .catch((error) => {
      throw new UsageError(
        `--container ${name}: ${messageOf(error).replace(/\s+/g, ' ')}; allowed: a name or id of docker ps`,
      );
    });
  if (!seen.State.Running)
    throw new UsageError(`--container ${name}: not running (${seen.State.Status}); start it first`);
  return {
    how: 'container',
    ...waysInto(seen.Id, seen.State.Pid),
    prefix: `sudo nsenter -t $(docker inspect -f '{{.State.Pid}}' ${name}) -n `,
    container: { id: seen.Id, name },
  };
}

/** What the watcher may do when it has entered, as in a container of ours (lab/beside/start-beside.ts). */
const WATCHER_ONLY = ['setpriv', '--no-new-privs', '--bounding-set=-all,+sys_ptrace,+dac_read_search', '--'];

/**
 * How to enter the namespaces of a container: as root on the machine where it runs, or not at all. `pid` is the engine's word
 * for its first process, and is that of another, or of none, when the engine is elsewhere.
 */
export function waysInto(id: string, pid: number): Pick<Place, 'enter' | 'enterPids'> {
  if (process.getuid?.() !== 0 || !isOfContainer(id, pid)) return { enter: [] };
  const into = ['nsenter', '-t', String(pid), '-n'];
  const enter = [...into, '--'];
  // The /proc that is mounted shows the namespace it was mounted in (fs/proc/root.c proc_init_fs_context).
  const enterPids = [...into, '-p', '--', 'unshare', '--mount-proc', '--', ...WATCHER_ONLY];
  return canPrefix(enter) && canPrefix(enterPids) ? { enter, enterPids } : { enter: [] };
}

/** A container's id is in the names of its cgroups, and of the files that the engine mounts in it (/etc/hostname). */
function isOfContainer(id: string, pid: number): boolean {
  if (!Number.isInteger(pid) || pid < 1) return false;
  return ['cgroup', 'mountinfo'].some((file) => readText(`/proc/${pid}/${file}`)?.includes(id));
}
