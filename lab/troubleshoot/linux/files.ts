import type { Usage } from '../descriptors.ts';
import { type Command, type Look, textsOf, type Watched } from '../step.ts';

/**
 * Commands that show a process's descriptors by its limit. RLIMIT_NOFILE bounds the number of a descriptor (fs/file.c alloc_fd), so an inherited one
 * with a higher number takes no place and is not counted.
 */
export function fileCommands({ pid, nofile }: Watched): Command[] {
  const low = nofile !== undefined && Number.isFinite(nofile) ? ` | awk '$1 < ${nofile}'` : '';
  return [
    {
      line: `grep 'open files' /proc/${pid}/limits`,
      columns: [
        'Soft Limit: the one in force: descriptors are numbered below it',
        'Hard Limit: how far the process may raise it by itself; Node and Go do at start',
      ],
    },
    {
      line: `ls /proc/${pid}/fd${low} | wc -l`,
      columns: ['the one figure: descriptors in use, a connection each and a few at rest'],
      peak: Number,
    },
  ];
}

/** What those commands said of a process; undefined when it could not be read. */
export function usageOf(looks: readonly Look[], watched: Watched): Usage | undefined {
  const [limits, counting] = fileCommands(watched) as [Command, Command];
  const soft = /open files\s+(\d{1,15}|unlimited)\s/.exec(textsOf(looks, limits.line).at(-1) ?? '')?.[1];
  const counts = looks.flatMap(({ said }) => {
    const one = said.get(counting.line);
    // wc prints 0 for a folder that ls may not read.
    return one && one.err === '' && /^\s*\d+\s*$/.test(one.out) ? [Number(one.out)] : [];
  });
  if (soft === undefined || counts.length === 0) return undefined;
  return { used: Math.max(...counts), limit: soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft) };
}
