import type { Field } from '../../diagnose/healthy/field.ts';
import { made } from '../made.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { hold, UPGRADE } from '../users.ts';

const NOFILE = 300;
const WAVES = 5;

const stage =
  (name: string): Situation['stage'] =>
  (field) =>
    field.serve(command(name), PORT, { nofile: NOFILE });

/** Waves of 80 users, who leave. */
async function waves(field: Field): Promise<void> {
  for (let wave = 0; wave < WAVES; wave += 1) await hold(field, 80, 5, 1000, UPGRADE);
}

function check(field: Field): void {
  const leaked = Number(field.place.run(`ss -tnH state close-wait 'sport = :${PORT}' | wc -l`));
  made(leaked > 200, `${leaked} in CLOSE_WAIT`);
}

const TRUTH = { named: [['descriptor-leak']], also: ['fd-exhaustion'] };

const own = (name: string): Situation => ({
  users: 'their own',
  stage: stage(name),
  meanwhile: (field) => waves(field),
  check,
  truth: TRUTH,
});

situations(
  'connections that a server never closes, until its descriptors are gone',
  { programs: ['python3'] },
  {
    'Node, their own users': own('leak.ts'),
    'Node, robots beside what leaked': {
      users: ['--load', '40', '--kind', 'http', '--timeout', '3s', '--ramp', '1s'],
      async stage(field) {
        const pid = await stage('leak.ts')(field);
        await waves(field);
        return pid;
      },
      check,
      truth: TRUTH,
    },
    'python, their own users': own('leak.py'),
    'python, an ordinary user watches': { ...own('leak.py'), who: 'an ordinary user' },
  },
);
