import { concludeDescriptors } from '../descriptors.ts';
import { type Command, cannotBeSeen, pointsAt, type Step, textsOf } from '../step.ts';
import { fileCommands, usageOf } from './files.ts';

const WHOLE: Command = {
  line: 'cat /proc/sys/fs/file-nr',
  columns: [
    'first: open files of the whole machine',
    'third: fs.file-max, where accept(2) fails with ENFILE for everybody',
  ],
};

/** 2: has the server run out of descriptors? */
export const descriptorsStep: Step = {
  step: 'descriptors',
  cause: 'fd-exhaustion',
  question: 'has the server run out of descriptors?',
  commands: ({ server }) => [...(server ? fileCommands(server) : []), WHOLE],
  conclude({ server, missing, root }, looks) {
    const [open = 0, , most = Number.POSITIVE_INFINITY] = (textsOf(looks, WHOLE.line).at(-1) ?? '')
      .trim()
      .split(/\s+/)
      .map(Number);
    if (open >= most)
      return pointsAt(
        `points at the machine's descriptors: ${open} of ${most} open files in use (fs.file-max): accept(2) fails with ENFILE`,
      );
    if (server === undefined) return cannotBeSeen(`cannot be seen: ${missing}`);
    const usage = usageOf(looks, server);
    if (usage === undefined)
      return cannotBeSeen(
        `cannot be seen: /proc/${server.pid}/fd ${root ? 'is gone' : "needs root, or the server's user"}`,
      );
    return concludeDescriptors(
      `${server.name} (pid ${server.pid})`,
      usage,
      'accept(2) fails with EMFILE: libuv (Node) accepts each further user and closes it, which reads as a reset and is not logged; other servers leave it in the queue, where it hangs; raise nofile',
    );
  },
};
