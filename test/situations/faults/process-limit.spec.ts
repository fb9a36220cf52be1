import { AS_NOBODY, type Field } from '../../diagnose/healthy/field.ts';
import { pidsGroup } from '../cgroup.ts';
import { made } from '../made.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { hold, madeFor } from '../users.ts';

const MAX = 200;
/** Of nobody else: the limit is that of a user, whatever it runs. */
const UID = 64_123;

const asUser = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];

const groups: (ReturnType<typeof pidsGroup> & { field: Field })[] = [];
afterEach(async () => {
  for (const group of groups.splice(0)) await group[Symbol.asyncDispose]();
});

const inGroup =
  (env = {}): Situation['stage'] =>
  (field) => {
    const group = pidsGroup(MAX);
    groups.push({ ...group, field });
    const script = `echo $$ > ${group.path}/cgroup.procs; exec "$@"`;
    return field.serve(['/bin/sh', '-c', script, 'sh', ...command('threads.py')], PORT, { root: 1, ...env });
  };

const byRlimit =
  (env = {}, as = asUser(UID)): Situation['stage'] =>
  (field) =>
    field.serve(['prlimit', `--nproc=${MAX}`, '--', ...as, ...command('threads.py')], PORT, {
      root: 1,
      ...env,
    });

const TRUTH = { named: [['process-limit']] };

const own = (stage: Situation['stage'], atLeast = 180): Situation => ({
  users: 'their own',
  stage,
  async meanwhile(field) {
    const account = await hold(field, 300, 10, 5000, 'hi\\n');
    madeFor(account, atLeast, 'held');
    madeFor(account, 50, 'FIN without a word', 'RST without a word');
  },
  truth: TRUTH,
});

const robots = (stage: Situation['stage']): Situation => ({
  users: ['--load', '300', '--kind', 'tcp', '--ramp', '4s', '--timeout', '4s', '--hold', '2s'],
  stage,
  check(_field, _pid, { users }) {
    made((users?.failed ?? 0) > 50, `${users?.failed} robots failed`);
    for (const { path, field } of groups) {
      const met = Number(/max (\d+)/.exec(field.place.run(`cat ${path}/pids.events`))?.[1]);
      made(met > 50, `${met} refused by pids.max`);
    }
  },
  truth: TRUTH,
});

situations(
  'no thread and no process left for who comes',
  { programs: ['python3'], root: 'only root makes a cgroup' },
  {
    'pids.max, a thread for each, their own users': own(inGroup()),
    'pids.max, a thread for each, robots': robots(inGroup()),
    'pids.max, a process for each, their own users': own(inGroup({ FORKS: 1 })),
    'RLIMIT_NPROC, their own users': own(byRlimit()),
    'RLIMIT_NPROC, a process for each, their own users': own(byRlimit({ FORKS: 1 })),
    'RLIMIT_NPROC, the same user watches': { ...own(byRlimit({}, AS_NOBODY), 30), who: 'an ordinary user' },
    'RLIMIT_NPROC, robots': robots(byRlimit()),
  },
);
