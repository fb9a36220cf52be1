import { assertServed, type Field } from '../../diagnose/healthy/field.ts';
import { made } from '../made.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { HEALTHY } from '../truth.ts';
import { hold } from '../users.ts';

const NEIGHBOUR = 9001;
const CLOSED = 9002;

async function stage(field: Field): Promise<number> {
  return field.serve(command('threads.py'), PORT);
}

/** Five pooled clients of the server, who are served to the end, while the neighbour makes its noise. */
const pooled = async (field: Field, noise: () => Promise<unknown>) => {
  const users = field.users(PORT, { POOL: 5, FOR_MS: 5000 });
  await noise();
  assertServed(await users, 5);
};

const noisy = (
  neighbour: string,
  noise: (field: Field) => Promise<unknown>,
  counter: string,
  who?: Situation['who'],
): Situation => ({
  users: 'their own',
  where: 'beside',
  async stage(field) {
    await field.serve(neighbour, NEIGHBOUR);
    return field.serve('web.ts', PORT);
  },
  async meanwhile(field) {
    const counted = await field.counted(counter, () => pooled(field, () => noise(field)));
    made(counted > 10, `${counted} ${counter}`);
  },
  truth: HEALTHY,
  ...(who && { who }),
});

const resets = (field: Field) => field.users(NEIGHBOUR, { SHORT_MS: 200, FOR_MS: 4500 });
const overflows = (field: Field) => hold(field, 60, 20, 3000, '', { port: NEIGHBOUR });
const refused = (field: Field) => hold(field, 60, 50, 1000, '', { port: CLOSED });

situations(
  'a healthy server with five pooled clients',
  { programs: ['python3'] },
  {
    'beside a neighbour that resets its own clients': noisy('resetting.ts', resets, 'OutRsts'),
    'the same, and an ordinary user watches': noisy('resetting.ts', resets, 'OutRsts', 'an ordinary user'),
    'beside a neighbour whose queue overflows': noisy('deaf.ts', overflows, 'ListenOverflows'),
    'beside a program that retries a closed port': noisy('web.ts', refused, 'AttemptFails'),
    'beside all of them, with robots': {
      users: ['--load', '40', '--kind', 'tcp', '--ramp', '1s', '--hold', '2s'],
      async stage(field) {
        await field.serve('resetting.ts', NEIGHBOUR);
        return stage(field);
      },
      async meanwhile(field) {
        const noise = () => Promise.all([resets(field), refused(field)]);
        const counted = await field.counted('OutRsts', noise);
        made(counted > 10, `${counted} RST`);
      },
      truth: HEALTHY,
    },
  },
);
