import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { memoryGroup } from '../cgroup.ts';
import { fullest, serve, web } from '../nginx.ts';
import { gunicorn } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import type { Truth } from '../truth.ts';
import { hold, madeFor, REQUEST } from '../users.ts';

const groups: AsyncDisposable[] = [];
afterEach(async () => {
  for (const group of groups.splice(0)) await group[Symbol.asyncDispose]();
});

const GROUP_BYTES = 200 << 20;

/** Two workers with threads, in a cgroup with memory for both. */
const inGroup: Situation['stage'] = (field) => {
  const group = memoryGroup(GROUP_BYTES);
  groups.push(group);
  const as = 'setpriv --reuid=65534 --regid=65534 --clear-groups --';
  const script = `echo $$ > ${group.path}/cgroup.procs; exec ${as} "$@"`;
  const flags = '-w 2 -k gthread --threads 200 --keep-alive 60 --timeout 60'.split(' ');
  const argv = gunicorn(`0.0.0.0:${PORT}`, 'eat:app', ...flags);
  return field.serve(['/bin/sh', '-c', script, 'sh', ...argv], PORT, { root: 1 });
};

/** Users who stay, and one who asks for more than there is. */
async function eaten(field: Field): Promise<void> {
  const users = hold(field, 100, 10, 4500, REQUEST);
  await sleep(1800);
  const one = hold(field, 1, 0, 2000, REQUEST.replace('GET /', 'GET /eat'));
  madeFor(await users, 10, 'RST after a word', 'FIN after a word');
  await one;
}

/** A worker with a listener of its own is stopped, and users come to both. */
async function stopped(field: Field, master: number): Promise<void> {
  const before = hold(field, 20, 10, 4500, REQUEST);
  await sleep(800);
  const pid = fullest(field, master);
  process.kill(pid, 'SIGSTOP');
  try {
    madeFor(await hold(field, 60, 20, 3000, REQUEST), 10, 'silent');
  } finally {
    // Stopped it would not end with its master, and be left behind.
    process.kill(pid, 'SIGCONT');
  }
  await before;
}

const MEMORY: Truth = { named: [['memory-kill']], also: ['app-timeout-or-panic'] };
const STOPPED: Truth = { named: [['not-accepting']], also: ['app-timeout-or-panic'] };

situations(
  'one of several workers goes, or stands still, and the others serve on',
  { programs: ['gunicorn', 'nginx'], root: 'only root makes a cgroup' },
  {
    'ended by the kernel for want of memory': {
      users: 'their own',
      stage: inGroup,
      meanwhile: eaten,
      truth: MEMORY,
    },
    'the same, an ordinary user watches': {
      ...{ users: 'their own', stage: inGroup, meanwhile: eaten, who: 'an ordinary user' },
      truth: { ...MEMORY, named: [['memory-kill', 'app-timeout-or-panic']] },
    },
    'stopped, with a listener of its own': {
      ...{
        users: 'their own',
        stage: (field) => serve(field, web(field, 'reuseport'), 2),
        meanwhile: stopped,
      },
      truth: STOPPED,
    },
    'the same, as an ordinary user sees it': {
      ...{
        users: 'their own',
        stage: (field) => serve(field, web(field, 'reuseport'), 2),
        meanwhile: stopped,
      },
      ...{ who: 'an ordinary user', truth: STOPPED },
    },
  },
);
