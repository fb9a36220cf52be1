import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { made } from '../made.ts';
import { fullest, serve, web } from '../nginx.ts';
import { command, gunicorn } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import type { Truth } from '../truth.ts';
import { hold, madeFor, REQUEST } from '../users.ts';

type Stage = (field: Field) => Promise<number>;

const OPEN = ['gateway-crash', 'memory-kill'];
const TRUTH: Truth = { named: [['killed', 'app-timeout-or-panic']], open: OPEN };

const byNginx: Stage = (field) => serve(field, web(field, 'reuseport'), 2);
const byGunicorn: Stage = (field) => {
  const flags = '-w 2 -k gthread --threads 200 --keep-alive 60'.split(' ');
  return field.serve(gunicorn(`0.0.0.0:${PORT}`, 'ok:app', ...flags), PORT);
};
const byNode: Stage = (field) => field.serve(command('workers.ts'), PORT);

const established = (field: Field) =>
  Number(field.place.run(`ss -tnH state established 'sport = :${PORT}' | wc -l`));

/** Kills the worker that has the most users, once so many are there. */
async function killOne(field: Field, master: number, users: number): Promise<void> {
  for (let tries = 200; established(field) < users; tries -= 1) {
    made(tries > 0, `${established(field)} of ${users} users came`);
    await sleep(50);
  }
  process.kill(fullest(field, master), 'SIGKILL');
}

const cut = (stage: Stage, signal = TRUTH): Situation => ({
  users: 'their own',
  stage,
  async meanwhile(field, master) {
    const users = hold(field, 200, 10, 5000, REQUEST);
    await killOne(field, master, 150);
    madeFor(await users, 30, 'RST after a word', 'FIN after a word');
  },
  truth: signal,
});

const beside = (kind: string, truth: Truth): Situation => ({
  users: ['--load', '200', '--kind', kind, '--ramp', '2s', '--timeout', '4s', '--hold', '3s'],
  stage: byNginx,
  meanwhile: (field, master) => killOne(field, master, 180),
  truth,
});

situations(
  'a worker is killed, its users with it; the master lives and starts another',
  { programs: ['nginx', 'gunicorn'], root: 'the signal is told to root alone' },
  {
    'nginx, their own users': cut(byNginx),
    'nginx, robots that stay': beside('tcp', TRUTH),
    'nginx, robots that have been answered': beside('http', TRUTH),
    'gunicorn, their own users': cut(byGunicorn),
    'Node, their own users': cut(byNode),
    'nginx, an ordinary user watches': {
      ...cut(byNginx, { named: [], also: ['killed', 'app-timeout-or-panic'], open: OPEN }),
      who: 'an ordinary user',
    },
  },
);
