import { defined } from '../../../common/defined.ts';
import { UsageError } from '../../../common/errors.ts';
import { countDescriptors, readNofile } from '../../../system/descriptors.ts';
import { nameOf } from '../../../system/proc/process.ts';
import { type Located, locate } from '../../evidence/linux/locate.ts';
import { placeOf } from '../../evidence/server-place.ts';
import type { Shell } from '../shell.ts';
import {
  DEFAULT_PORT,
  type Found,
  mostOf,
  nobodyOn,
  type Subject,
  type Wanted,
  type Watched,
} from '../subject.ts';

const OWN_NET = '/proc/self/net';

/** Finds the server by /proc, as `diagnose` does. Throws as find does. */
export async function findOnLinux(wanted: Wanted, shell: Shell): Promise<Found> {
  const { pid, log } = wanted;
  const place = await placeOf(defined({ pid }));
  const elsewhere = place.enter.length > 0 || place.netDir !== undefined;
  const netDir = pid === undefined ? OWN_NET : `/proc/${pid}/net`;
  const port = wanted.port ?? (pid === undefined ? DEFAULT_PORT : undefined);
  const named = { ...defined({ pid, port }), anyServer: true };
  const located = pid === undefined ? tryToLocate(named, netDir) : locate(named, netDir);
  // Of several workers that with the most connections.
  const busiest = mostOf(new Map(located?.holders.map((one) => [one, countDescriptors(one) ?? 0])));
  const server = busiest === undefined ? undefined : watched(busiest, wanted.nofile);
  const missing = server ? undefined : (located?.unseen[0] ?? nobodyOn(port as number));
  const robots = wanted.robots === undefined ? undefined : watched(wanted.robots);
  if (wanted.robots !== undefined && nameOf(wanted.robots) === undefined)
    throw new UsageError(`--robots ${wanted.robots}: no such process; allowed: the pid of a running process`);
  const subject: Subject = {
    os: 'linux',
    port: located?.port ?? (port as number),
    listening: located !== undefined,
    pids: located?.holders ?? [],
    prefix: place.prefix,
    netDir,
    locked: place.netDir !== undefined,
    ...defined({ server, missing, robots, log }),
  };
  return {
    subject,
    // By its port alone: a process that came in place of another is no relative of it, and /proc/<pid> goes with the first.
    holders: async () =>
      tryToLocate({ port: subject.port, anyServer: true }, elsewhere ? netDir : OWN_NET)?.holders ?? [],
    robots: async () => robots ?? (subject.locked ? undefined : busiestClient(subject, shell)),
  };
}

function tryToLocate(wanted: { port?: number; anyServer: boolean }, netDir: string): Located | undefined {
  try {
    return locate(wanted, netDir);
  } catch (error) {
    if (error instanceof UsageError) return undefined;
    throw error;
  }
}

function watched(pid: number, nofile = readNofile(pid)?.soft): Watched {
  return { pid, name: nameOf(pid) ?? '?', ...defined({ nofile }) };
}

/** A process that may not be looked into has no name there. */
async function busiestClient({ prefix, port, pids }: Subject, shell: Shell): Promise<Watched | undefined> {
  const { out } = await shell(`${prefix}ss -tnpH 'dport = :${port}'`);
  const counts = new Map<number, number>();
  for (const [, text] of out.matchAll(/pid=(\d+)/g))
    if (!pids.includes(Number(text))) counts.set(Number(text), (counts.get(Number(text)) ?? 0) + 1);
  const most = mostOf(counts);
  return most === undefined ? undefined : watched(most);
}
