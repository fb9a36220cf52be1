import { defined } from '../../../common/defined.ts';
import type { TaskLimit } from '../../../protocol/observer-events.ts';
import { ownerOf } from '../../../system/proc/process.ts';
import {
  nprocOf,
  refusedForksOf,
  taskCgroupsOf,
  taskCountOf,
  tasksOfUser,
} from '../../../system/task-limits.ts';
import { type BesideLook, whenChanged } from './beside-look.ts';
import { rarely } from './rarely.ts';

/** What bounds the tasks of the server's processes is looked up again each so often, ms: they come and go. */
const AGAIN_MS = 2000;
/** Of so many of its processes. */
const MOST_PROCESSES = 16;
const COUNT_MS = 50;
/** A user's tasks are counted by a file for each process of the machine. */
const USER_MS = 300;
/** Farther from RLIMIT_NPROC than this part of it nobody is near. */
const NEAR = 1 / 2;

/** Looks how many processes and threads the server may have, and how many there are: of its cgroups and of its user. */
export function beginTaskLimits(): BesideLook {
  const before = new Map<string, number>();
  let folders: string[] = [];
  let users: { limit: number; user: number }[] = [];
  const changed = whenChanged();

  const lookAround = rarely(AGAIN_MS, (holders: ReadonlySet<number>) => {
    const some = [...holders].slice(-MOST_PROCESSES);
    folders = [...new Set(some.flatMap((pid) => taskCgroupsOf(pid)))];
    for (const folder of folders) if (!before.has(folder)) before.set(folder, refusedForksOf(folder) ?? 0);
    const bound = some.flatMap((pid) => {
      const [limit, user] = [nprocOf(pid), ownerOf(pid)];
      // With 0 a process says of itself that it never forks (haproxy): nobody is kept out by that.
      return !limit || user === undefined || user === 0 ? [] : { limit, user };
    });
    users = [...new Map(bound.map((one) => [`${one.user} ${one.limit}`, one])).values()];
  });

  const countCgroups = rarely(COUNT_MS, () =>
    folders.flatMap((folder): TaskLimit[] => {
      const count = taskCountOf(folder);
      const refusedNow = refusedForksOf(folder);
      const refused = refusedNow === undefined ? undefined : refusedNow - (before.get(folder) ?? 0);
      if (count === undefined && !refused) return [];
      return [defined({ by: 'pids.max' as const, where: folder, ...count, refused })];
    }),
  );

  const countUsers = rarely(USER_MS, () =>
    users.flatMap(({ limit, user }): TaskLimit[] => {
      const used = tasksOfUser(user);
      return used < limit * NEAR ? [] : [{ by: 'RLIMIT_NPROC', where: `user ${user}`, limit, used }];
    }),
  );

  let [inCgroups, ofUsers]: TaskLimit[][] = [[], []];
  return ({ holders }) => {
    lookAround(false, holders);
    inCgroups = countCgroups() ?? inCgroups;
    ofUsers = countUsers() ?? ofUsers;
    const tasks = [...(inCgroups ?? []), ...(ofUsers ?? [])];
    return changed({ tasks });
  };
}
