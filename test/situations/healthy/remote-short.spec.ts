import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { serve, web } from '../nginx.ts';
import { gunicorn } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { HEALTHY } from '../truth.ts';
import { curls, hold, madeFor, REQUEST } from '../users.ts';

type Load = (field: Field) => Promise<unknown>;

const pool =
  (users: number, gapMs: number, holdMs: number, beside: Load): Load =>
  async (field) => {
    const staying = hold(field, users, gapMs, holdMs, REQUEST);
    await sleep(500);
    await beside(field);
    madeFor(await staying, users, 'held');
  };

const shape = (
  load: Load,
  stage: Situation['stage'] = (field) => serve(field, web(field)),
  who?: Situation['who'],
): Situation => ({
  users: 'their own',
  stage,
  meanwhile: async (field) => void (await load(field)),
  truth: HEALTHY,
  ...(who && { who }),
});

const mixed = pool(50, 40, 4000, (field) => curls(field, 200, { many: 2, everyMs: 20 }));
const byNode: Situation['stage'] = (field) => field.serve('web.ts', PORT);
const byPython: Situation['stage'] = (field) =>
  field.serve(gunicorn(`0.0.0.0:${PORT}`, 'ok:app', '-w', '2'), PORT);

situations(
  'plain HTTP from elsewhere, all answered, no RST',
  { programs: ['nginx', 'curl', 'gunicorn'] },
  {
    'short requests alone': shape((field) => curls(field, 200)),
    'short requests, ten at a time': shape((field) => curls(field, 400, { many: 10 })),
    'a pool that comes while short requests run': shape(mixed),
    'a pool of 30, and a probe each 100 ms': shape(
      pool(30, 10, 7000, (field) => curls(field, 40, { everyMs: 100 })),
    ),
    'a pool of 10, and a probe a second': shape(
      pool(10, 10, 7000, (field) => curls(field, 5, { everyMs: 1000 })),
    ),
    'a pool beside short requests, an ordinary user watches': shape(mixed, undefined, 'an ordinary user'),
    'Node: a pool beside short requests': shape(mixed, byNode),
    'gunicorn: short requests, two at a time': shape((field) => curls(field, 200, { many: 2 }), byPython),
  },
);
