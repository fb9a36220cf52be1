import { parseSysctls } from '../../../system/darwin/sysctls.ts';
import { concludeDescriptors } from '../descriptors.ts';
import { cannotBeSeen, pointsAt, type Step, textsOf } from '../step.ts';
import { LIMIT_COMMANDS, listCommand, PER_PROCESS, usageOf } from './files.ts';

/** 2: has the server run out of descriptors? */
export const descriptorsStep: Step = {
  step: 'descriptors',
  cause: 'fd-exhaustion',
  question: 'has the server run out of descriptors?',
  commands: ({ server }) => [...(server ? [listCommand(server)] : []), ...LIMIT_COMMANDS],
  conclude({ server, missing, root }, looks) {
    const machine = parseSysctls(textsOf(looks, PER_PROCESS).at(-1) ?? '');
    const [open, most] = [Number(machine['kern.num_files']), Number(machine['kern.maxfiles'])];
    if (open >= most)
      return pointsAt(
        `points at the machine's descriptors: ${open} of ${most} open files in use (kern.maxfiles): accept(2) fails with ENFILE`,
      );
    if (server === undefined) return cannotBeSeen(`cannot be seen: ${missing}`);
    const usage = usageOf(looks, server);
    if (usage === undefined)
      return cannotBeSeen(
        `cannot be seen: lsof shows nothing of pid ${server.pid}${root ? '' : ": it needs root, or the server's user"}`,
      );
    if (!Number.isFinite(usage.limit))
      return cannotBeSeen(
        `cannot be seen: ${usage.used} in use, of a limit that nobody tells; --nofile tells it`,
      );
    return concludeDescriptors(
      `${server.name} (pid ${server.pid})`,
      usage,
      'accept(2) fails with EMFILE, and macOS throws away the connection that it would have returned: each is a reset',
    );
  },
};
