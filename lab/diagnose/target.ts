import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { CannotRunError, messageOf, UsageError } from '../errors.ts';
import { isElsewhere } from '../evidence/linux/locate.ts';
import { dockerClient, missingEngine } from '../runtimes/docker/client.ts';

/** Which server is meant. */
export interface Wanted {
  pid?: number;
  port?: number;
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
  /** Id of its container. */
  container?: { id: string; name: string };
}

/**
 * Finds the way to a server. @throws {UsageError} when there is no such process or container. @throws {CannotRunError} when no
 * engine answers.
 */
export async function placeOf({ pid, container }: Wanted): Promise<Place> {
  if (container !== undefined) return placeOfContainer(container);
  if (pid === undefined) return { how: 'port', enter: [], prefix: '' };
  if (!existsSync(`/proc/${pid}`)) throw new UsageError(`--pid ${pid}: there is no such process`);
  if (isElsewhere(pid) === false) return { how: 'pid', enter: [], prefix: '' };
  const entries = [
    ['nsenter', '-t', String(pid), '-n', '--'],
    ['nsenter', '-t', String(pid), '-U', '--preserve-credentials', '-n', '--'],
  ];
  const enter = entries.find(works);
  if (enter) return { how: 'pid', enter, prefix: `${enter.slice(0, -1).join(' ')} ` };
  return { how: 'pid', enter: [], prefix: `sudo nsenter -t ${pid} -n `, netDir: `/proc/${pid}/net` };
}

function works(enter: string[]): boolean {
  try {
    execFileSync(enter[0] as string, [...enter.slice(1), 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
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
    throw new UsageError(`--container ${name}: it is not running (${seen.State.Status}); start it first`);
  return {
    how: 'container',
    enter: [],
    prefix: `sudo nsenter -t $(docker inspect -f '{{.State.Pid}}' ${name}) -n `,
    container: { id: seen.Id, name },
  };
}
