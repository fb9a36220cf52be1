import type { Field } from '../../diagnose/healthy/field.ts';
import { made } from '../made.ts';
import { serve, web } from '../nginx.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { HEALTHY } from '../truth.ts';
import { hold, madeFor, REQUEST } from '../users.ts';

const NEIGHBOUR = 9000;

async function besideFullQueue(field: Field, users: number): Promise<void> {
  const overflows = await field.counted('ListenOverflows', async () => {
    const neighbours = hold(field, 100, 5, 4000, '', { port: NEIGHBOUR, from: 'beside' });
    madeFor(await hold(field, users, 10, 3000, REQUEST), users, 'held');
    await neighbours;
  });
  made(overflows > 50, `${overflows} overflows of a neighbour's queue`);
}

function deferred(stage: (field: Field) => Promise<number>): Situation {
  return {
    users: 'their own',
    async stage(field) {
      await field.serve('deaf.ts', NEIGHBOUR);
      return stage(field);
    },
    meanwhile: (field) => besideFullQueue(field, 300),
    truth: HEALTHY,
  };
}

situations(
  'deferred accept, beside a neighbour whose queue overflows',
  { programs: ['nginx', 'python3'] },
  {
    nginx: deferred((field) => serve(field, web(field, 'deferred'))),
    'a server with a thread for each': deferred((field) =>
      field.serve(command('threads.py'), PORT, { SPEAKS: 'http', DEFERS: 1 }),
    ),
  },
);
