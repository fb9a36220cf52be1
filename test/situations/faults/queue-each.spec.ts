import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { made } from '../made.ts';
import { command, program } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import type { Truth } from '../truth.ts';
import { hold, madeFor, REQUEST } from '../users.ts';

/** Longer than it takes the lab to see who waits. */
const PAUSE_S = 2;

const stage = (field: Field) => field.serve(command('shares.py'), PORT, { WORKERS: 4, PAUSE_S });

/** One of its processes. */
function worker(field: Field, first: number): number {
  return Number(field.place.run(`cat /proc/${first}/task/*/children`).split(' ')[1]);
}

const signal = (field: Field, first: number, name: NodeJS.Signals) =>
  process.kill(worker(field, first), name);

const waiting = (field: Field) =>
  Number(field.place.run(`ss -Hltn 'sport = :${PORT}' | awk '{ n += $2 } END { print n }'`));

/** It looks at nobody, so that some wait in its queue. */
async function fallsBehind(field: Field, first: number): Promise<void> {
  await sleep(1000);
  signal(field, first, 'SIGUSR1');
  for (let tries = 40; waiting(field) < 5; tries -= 1) {
    made(tries > 0, `${waiting(field)} wait`);
    await sleep(40);
  }
}

type Meanwhile = NonNullable<Situation['meanwhile']>;

/** Its listener is closed with who waits in it; or by its death. */
const loses =
  (how: 'close' | 'kill'): Meanwhile =>
  async (field, first) => {
    const users = hold(field, 200, 15, 3000, REQUEST);
    await fallsBehind(field, first);
    if (how === 'kill') signal(field, first, 'SIGKILL');
    madeFor(await users, 5, 'RST without a word');
  };

/** A signal stops it; with `short` others have short requests meanwhile, so that somebody is always taken. */
const stops =
  (short: boolean): Meanwhile =>
  async (field, first) => {
    const url = `http://${field.address}:${PORT}/`;
    const beside = short
      ? field.visit(program('curls.ts'), PORT, { URL: url, TIMES: 100, MANY: 3 })
      : undefined;
    const users = hold(field, 120, 20, 3000, REQUEST);
    await sleep(1000);
    signal(field, first, 'SIGSTOP');
    try {
      madeFor(await users, 10, 'silent');
    } finally {
      signal(field, first, 'SIGCONT');
    }
    await beside;
  };

const own = (meanwhile: Meanwhile, truth: Truth, more: Partial<Situation> = {}): Situation => ({
  users: 'their own',
  stage,
  meanwhile,
  truth,
  ...more,
});

const who = 'an ordinary user';
const CLOSED: Truth = { named: [['listener-closed']] };
const KILLED: Truth = { named: [['killed']] };
const STOPPED: Truth = { named: [['not-accepting']] };

/** Which of them it was, and nothing is said of the others. */
const namesWorker: Situation['check'] = (field, first, { verdicts }) => {
  const pid = worker(field, first);
  const { for: items = [] } = verdicts.find(({ cause }) => cause === 'not-accepting') ?? {};
  const told = items.filter(({ name }) => name.startsWith('state of ')).map(({ name }) => name);
  if (told.join() !== `state of ${pid}`)
    throw new Error(`missed: pid ${pid}; told: ${told.join() || 'none'}`);
};

situations(
  'workers that have a queue each (SO_REUSEPORT)',
  { programs: ['python3'], root: 'users from another network namespace' },
  {
    'one closes its listener, and lives': own(loses('close'), CLOSED),
    'one closes its listener, and lives: an ordinary user watches': own(loses('close'), CLOSED, { who }),
    'one is killed, with who waits in its queue': own(loses('kill'), KILLED),
    'one is stopped': own(stops(false), STOPPED, { check: namesWorker }),
    'one is stopped, and the others go on': own(stops(true), STOPPED, { check: namesWorker }),
    'one is stopped: an ordinary user watches': own(stops(true), STOPPED, { who, check: namesWorker }),
    'one is stopped, robots': {
      users: ['--load', '120', '--kind', 'http', '--ramp', '3s', '--timeout', '4s'],
      stage,
      async meanwhile(field, first) {
        await sleep(500);
        signal(field, first, 'SIGSTOP');
      },
      check: namesWorker,
      truth: STOPPED,
    },
  },
);
