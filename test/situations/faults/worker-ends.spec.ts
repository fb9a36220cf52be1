import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { memoryGroup } from '../cgroup.ts';
import { made } from '../made.ts';
import { command, program } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import type { Truth } from '../truth.ts';
import { hold, madeFor, REQUEST } from '../users.ts';

const WORKERS = 3;
const MB = 2 ** 20;

const childrenOf = (field: Field, pid: number) =>
  field.place.run(`cat /proc/${pid}/task/*/children`).trim().split(' ').map(Number);

const groups: AsyncDisposable[] = [];
afterEach(async () => {
  for (const group of groups.splice(0)) await group[Symbol.asyncDispose]();
});

/** The server in a cgroup with so much memory. */
async function inGroup(field: Field, mb: number): Promise<number> {
  const group = memoryGroup(mb * MB);
  groups.push(group);
  const script = `echo $$ > ${group.path}/cgroup.procs; exec "$@"`;
  return field.serve(['/bin/sh', '-c', script, 'sh', ...command('shares.py')], PORT, { root: 1, WORKERS });
}

const inNamespace = (field: Field) =>
  field.serve(['unshare', '--pid', '--fork', '--kill-child', ...command('shares.py')], PORT, {
    root: 1,
    WORKERS,
  });

type Meanwhile = NonNullable<Situation['meanwhile']>;

/** Users who stay; once they are there something ends a process. */
const cutBy =
  (ends: (field: Field, pid: number) => void, ...ways: string[]): Meanwhile =>
  async (field, pid) => {
    const users = hold(field, 150, 10, 3000, REQUEST);
    await sleep(1800);
    ends(field, pid);
    madeFor(await users, 15, ...ways);
  };

const CUT = ['FIN after a word', 'RST without a word', 'RST after a word'];
const KILLED: Truth = { named: [['killed']] };
const firstOf = (field: Field, pid: number) => childrenOf(field, pid)[0] as number;

const eats = cutBy(
  (field, pid) => {
    process.kill(childrenOf(field, pid)[1] as number, 'SIGUSR2');
  },
  ...CUT,
);

/** The signal and its sender, by their numbers where the lab is. */
const namesSender: Situation['check'] = (_field, _pid, { verdicts }) => {
  const text = JSON.stringify(verdicts.find(({ cause }) => cause === 'killed'));
  made(text !== undefined, 'no verdict on killed');
  if (!text.includes(`SIGKILL from`) || !text.includes(`(pid ${process.pid})`))
    throw new Error(`missed: SIGKILL from ${process.pid}; ${text}`);
};

situations(
  'a process of it ends in a namespace or a cgroup of its own',
  { programs: ['python3'], root: 'only root makes a namespace of processes, and is told of signals' },
  {
    'a worker in a namespace of processes, killed from outside': {
      users: 'their own',
      stage: inNamespace,
      meanwhile: cutBy(
        (field, pid) => {
          process.kill(childrenOf(field, firstOf(field, pid))[1] as number, 'SIGKILL');
        },
        ...CUT,
      ),
      check: namesSender,
      truth: KILLED,
    },
    'a worker in a namespace of processes, killed from within': {
      users: 'their own',
      stage: inNamespace,
      meanwhile: cutBy(
        (field, pid) => {
          field.place.run(`nsenter -t ${firstOf(field, pid)} -p sh -c 'kill -9 3; sleep 0.2'`);
        },
        ...CUT,
      ),
      truth: KILLED,
    },
    'the first of its namespace is killed, and the kernel ends all others': {
      users: 'their own',
      stage: inNamespace,
      meanwhile: cutBy(
        (field, pid) => {
          process.kill(firstOf(field, pid), 'SIGKILL');
        },
        ...CUT,
      ),
      check: namesSender,
      truth: KILLED,
    },
    'a worker is killed for want of memory, the others live': {
      users: 'their own',
      stage: (field) => inGroup(field, 150),
      meanwhile: eats,
      truth: { named: [['memory-kill']] },
    },
    'the same, an ordinary user watches who may not see its processes': {
      users: 'their own',
      stage: (field) => inGroup(field, 150),
      meanwhile: eats,
      who: 'an ordinary user',
      truth: { named: [], open: ['memory-kill', 'killed', 'gateway-crash'] },
    },
  },
);

/** A supervisor that waits before it starts the server again: longer than a watch goes on where nobody comes. */
const WAIT_S = 11;

situations(
  'another comes in its place late, while users are refused',
  { programs: ['python3', 'curl'], root: 'only root is told how it ended' },
  {
    'told to end, and started again': {
      users: 'their own',
      watch: ['--for', '40s'],
      stage: (field) =>
        field.serve(
          ['/bin/sh', '-c', `"$@" & wait $!; sleep ${WAIT_S}; exec "$@"`, 'sh', ...command('dead-loop.py')],
          PORT,
          { HOW: 'thread' },
        ),
      async meanwhile(field, pid) {
        await cutBy((_, top) => void process.kill(firstOf(field, top), 'SIGTERM'), ...CUT)(field, pid);
        const url = `http://${field.address}:${PORT}/`;
        const given = { URL: url, TIMES: 4 * WAIT_S, EVERY_MS: 300 };
        const told = JSON.parse(await field.visit(program('curls.ts'), PORT, given)) as Record<
          string,
          number
        >;
        made((told['curl 7'] ?? 0) > 5 && (told['200'] ?? 0) > 2, JSON.stringify(told));
      },
      truth: { named: [['gateway-restart']] },
    },
  },
);
