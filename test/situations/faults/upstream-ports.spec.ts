import type { Field } from '../../diagnose/healthy/field.ts';
import { sleep } from '../../diagnose/place.ts';
import { made } from '../made.ts';
import { logged, STREAM, serve, web } from '../nginx.ts';
import { command } from '../our-programs.ts';
import { PORT, type Situation, situations } from '../situation.ts';
import { hold, madeFor, REQUEST } from '../users.ts';

const UPSTREAM = 9000;
const ELSEWHERE = '10.77.0.2';

/** A proxy with 200 ports towards its upstream, which is beside it or elsewhere. */
const proxy =
  (host: string, block: (field: Field, to: string) => string): Situation['stage'] =>
  async (field) => {
    field.place.run('echo 40000 40199 > /proc/sys/net/ipv4/ip_local_port_range');
    const place = host === ELSEWHERE ? field.elsewhere : field.place;
    // Each request has its port for so long.
    const speaks = { SPEAKS: block === byHttp ? 'http' : 'echo', PAUSE_S: '4' };
    await place.serve(command('threads.py'), UPSTREAM, { env: speaks });
    return serve(field, block(field, `${host}:${UPSTREAM}`));
  };

const byTcp = (_: Field, to: string) => `stream { server { listen ${PORT}; proxy_pass ${to}; } }`;
const byHttp = (field: Field, to: string) => web(field, '', '', `proxy_pass http://${to};`);

const addresses = (field: Field) => logged(field, '(99:');

const own = (stage: Situation['stage']): Situation => ({
  users: 'their own',
  stage,
  async meanwhile(field) {
    madeFor(await hold(field, 300, 10, 5000, 'hi\\n'), 50, 'RST without a word', 'FIN without a word');
    made(addresses(field) > 50, `${addresses(field)} lines with (99: Cannot assign requested address)`);
  },
  truth: { named: [['ephemeral-ports']] },
});

situations(
  'a proxy has no local port left towards its upstream',
  { programs: ['nginx', STREAM, 'python3'], root: 'only root sees the sockets of any process' },
  {
    'the upstream is beside it': own(proxy('127.0.0.1', byTcp)),
    'the upstream is elsewhere': own(proxy(ELSEWHERE, byTcp)),
    'the upstream is elsewhere, robots': {
      users: ['--load', '150', '--kind', 'tcp', '--ramp', '3s', '--timeout', '4s', '--hold', '1s'],
      async stage(field) {
        const pid = await proxy(ELSEWHERE, byTcp)(field);
        // Of 200 ports 120 are taken by users who stay.
        hold(field, 120, 5, 16_000, 'hi\\n').catch(() => {});
        await sleep(1500);
        return pid;
      },
      check: (field) => made(addresses(field) > 40, `${addresses(field)} lines with (99:`),
      truth: { named: [['ephemeral-ports']] },
    },
    // Robots would want ports of the same 200. Its own connections show nothing of it.
    'a web proxy, which says 502': {
      users: 'their own',
      stage: proxy(ELSEWHERE, byHttp),
      async meanwhile(field) {
        madeFor(await hold(field, 300, 5, 4500, REQUEST), 50, 'told: HTTP/1.1 502');
        made(addresses(field) > 50, `${addresses(field)} lines with (99:`);
      },
      truth: { named: [['ephemeral-ports']] },
    },
  },
);
