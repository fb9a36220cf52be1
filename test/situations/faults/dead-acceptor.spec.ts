import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { made } from '../made.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { ended, hold, madeFor, REQUEST } from '../users.ts';

const NOFILE = 200;

const descriptors = (field: Field, pid: number) => Number(field.place.run(`ls /proc/${pid}/fd | wc -l`));
const listens = (field: Field) => field.place.run(`ss -Hltn 'sport = :${PORT}'`).trim() !== '';

/** An accept loop that has met its limit once, and is not at it any more. */
const dead =
  (how: string): Situation['stage'] =>
  async (field) => {
    const pid = await field.serve(command('dead-loop.py'), PORT, { HOW: how, nofile: NOFILE });
    if (how !== 'nobody') await hold(field, 260, 2, 1000, REQUEST);
    await sleep(500);
    return pid;
  };

function isDead(field: Field, pid: number): void {
  const open = descriptors(field, pid);
  made(listens(field) && open < 20, `descriptors ${open} of ${NOFILE}, listening: ${listens(field)}`);
}

const TRUTH = { named: [['not-accepting']] };

const own = (how: string): Situation => ({
  users: 'their own',
  stage: dead(how),
  meanwhile: async (field) => madeFor(await hold(field, 30, 50, 4000, REQUEST), 30, 'silent'),
  check: isDead,
  truth: TRUTH,
});

situations(
  'an accept loop that ended at its first EMFILE, which is over',
  { programs: ['python3'], root: 'only root sees what a process waits for' },
  {
    'the listener is not in its epoll any more, their own users': own('epoll'),
    'the listener is not in its epoll any more, robots': {
      users: ['--load', '30', '--kind', 'http', '--ramp', '1s', '--timeout', '4s'],
      stage: dead('epoll'),
      check: isDead,
      truth: TRUTH,
    },
    'an asyncio loop that does not look at it any more': own('asyncio'),
    'the thread that accepted has ended': own('thread'),
    'nobody has ever accepted: the socket alone was made': own('nobody'),
    'it has closed its listener, while it and its users live': {
      users: 'their own',
      stage: (field) => field.serve(command('dead-loop.py'), PORT, { HOW: 'close', nofile: NOFILE }),
      async meanwhile(field) {
        await hold(field, 260, 10, 4000, REQUEST);
        const late = await hold(field, 30, 50, 1000, REQUEST);
        made(ended(late, 'connect: ECONNREFUSED') === 30, JSON.stringify(late));
      },
      check: (field, pid) => made(!listens(field) && descriptors(field, pid) > 0, 'its listener is open'),
      truth: { named: [['listener-closed']], also: ['fd-exhaustion'] },
    },
  },
);
