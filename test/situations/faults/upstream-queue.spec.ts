import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { made } from '../made.ts';
import { logged, STREAM, serve, web } from '../nginx.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { hold, madeFor, REQUEST } from '../users.ts';

/** A proxy before a UNIX socket with a queue of five. */
const proxy =
  (block: (field: Field, to: string) => string): Situation['stage'] =>
  async (field) => {
    const socket = `${field.place.folder}/upstream.sock`;
    const upstream = field.serve(command('slow-unix.py'), PORT, { SOCKET: socket });
    await sleep(700);
    const pid = await serve(field, block(field, socket));
    // It waited for the proxy's port.
    await upstream;
    return pid;
  };

const byTcp = (_: Field, to: string) => `stream { server { listen ${PORT}; proxy_pass unix:${to}; } }`;
const byHttp = (field: Field, to: string) => web(field, '', '', `proxy_pass http://unix:${to}:/;`);

const refused = (field: Field) => logged(field, '(11:');
const check = (field: Field) =>
  made(refused(field) > 20, `${refused(field)} lines with (11: Resource temporarily unavailable)`);

const TRUTH = { named: [['upstream-queue']] };

situations(
  'the queue of a UNIX upstream is full',
  { programs: ['nginx', STREAM, 'python3'], root: 'only root sees the sockets of any process' },
  {
    'their own users': {
      users: 'their own',
      stage: proxy(byTcp),
      async meanwhile(field) {
        const account = await hold(field, 80, 10, 5000, REQUEST);
        madeFor(account, 20, 'RST without a word', 'FIN without a word');
      },
      check,
      truth: TRUTH,
    },
    robots: {
      users: ['--load', '80', '--kind', 'http', '--ramp', '800ms', '--timeout', '4s', '--hold', '2s'],
      stage: proxy(byTcp),
      check,
      truth: TRUTH,
    },
    'a web proxy, which says 502 to robots': {
      users: ['--load', '80', '--kind', 'http', '--ramp', '800ms', '--timeout', '4s', '--hold', '2s'],
      stage: proxy(byHttp),
      check,
      truth: TRUTH,
    },
  },
);
