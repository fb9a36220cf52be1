import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { command, program } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { HEALTHY } from '../truth.ts';
import { hold, madeFor } from '../users.ts';

const stage = (field: Field) => field.serve(command('threads.py'), PORT);

const check = (field: Field, from: 'users' | 'beside', says = '') =>
  field.visit(program('checker.py'), PORT, { TIMES: 100, EVERY_MS: 50, ...(says && { SAYS: says }) }, from);

function checked(from: 'users' | 'beside', says?: string): Situation {
  return {
    users: 'their own',
    stage,
    async meanwhile(field) {
      const users = hold(field, 50, 10, 7000, 'hi\\n');
      await sleep(800);
      await check(field, from, says);
      madeFor(await users, 50, 'held');
    },
    truth: HEALTHY,
  };
}

situations(
  'a health check that ends with RST; nobody fails',
  { programs: ['python3'] },
  {
    'the check is beside the server': checked('beside'),
    'the check is elsewhere': checked('users'),
    'it says a word first': checked('beside', 'ping\n'),
    'an ordinary user watches': { ...checked('beside'), who: 'an ordinary user' },
    'beside robots': {
      users: ['--load', '50', '--kind', 'tcp', '--ramp', '1s', '--hold', '3s'],
      stage,
      meanwhile: async (field) => void (await check(field, 'beside')),
      truth: HEALTHY,
    },
  },
);
