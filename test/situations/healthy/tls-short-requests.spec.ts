import { assertServed, certificate, type Field } from '../../diagnose/healthy/field.ts';
import { made } from '../made.ts';
import { serve, web } from '../nginx.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { HEALTHY } from '../truth.ts';
import { curls } from '../users.ts';

type Stage = (field: Field) => Promise<number>;

const byNginx: Stage = (field) => {
  const pem = certificate(field.place);
  return serve(field, web(field, 'ssl', `ssl_certificate ${pem}; ssl_certificate_key ${pem};`));
};
const byNode: Stage = (field) => field.serve('web.ts', PORT, { CERTIFICATE: certificate(field.place) });
const byPython =
  (SPEAKS: string): Stage =>
  (field) =>
    field.serve(command('tls.py'), PORT, { CERTIFICATE: certificate(field.place), SPEAKS });

/** The work, after which the kernel has answered somebody's close_notify with RST. */
async function withResets(field: Field, work: () => Promise<unknown>): Promise<void> {
  const resets = await field.counted('OutRsts', work);
  made(resets > 20, `${resets} RST`);
}

const short = (stage: Stage): Situation => ({
  users: 'their own',
  stage,
  meanwhile: (field) => withResets(field, () => curls(field, 150, { scheme: 'https' })),
  truth: HEALTHY,
});

const besidePool = (stage: Stage, speaks = 'http'): Situation => ({
  users: 'their own',
  stage,
  async meanwhile(field) {
    const given = { TLS: 1, POOL: 50, SHORT_MS: 40, FOR_MS: 5000, ASK_MS: 2000, SPEAKS: speaks };
    assertServed(await field.users(PORT, given), 140);
  },
  truth: HEALTHY,
});

situations(
  'TLS: short requests, all answered',
  { programs: ['nginx', 'openssl', 'curl', 'python3'] },
  {
    'nginx: short requests alone': short(byNginx),
    'nginx: beside users who stay': {
      ...besidePool(byNginx),
      meanwhile: (field) =>
        withResets(field, async () => {
          const pool = field.users(PORT, { TLS: 1, POOL: 50, FOR_MS: 6000, ASK_MS: 2000 });
          await curls(field, 150, { scheme: 'https' });
          assertServed(await pool, 50);
        }),
    },
    'Node: short requests alone': short(byNode),
    'Node: beside users who stay': besidePool(byNode),
    // It answers nobody's close_notify, and its kernel no RST.
    'python: short requests alone': {
      ...short(byPython('http')),
      meanwhile: (field) => curls(field, 150, { scheme: 'https' }),
    },
    'python: a server that speaks first, as databases do': besidePool(byPython('greeted'), 'greeted'),
  },
);
