import assert from 'node:assert/strict';
import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { Place, skipWithout } from './place.ts';
import { assertConfirmed, assertHealthy } from './verdicts.ts';

const it = oneIn(2);

const GET = 'GET / HTTP/1.1\\nHost: a\\n\\n';

describe('lab diagnose: nginx, a master and two workers', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('nginx');
  let place: Place;
  before(async () => {
    place = await Place.make();
    await place.serve(['nginx', '-c', nginx(place, 9006, { nofile: 40, connections: 1000 })], 9006);
    await place.serve(
      ['nginx', '-c', nginx(place, 9007, { nofile: 1024, connections: 32, slow: true })],
      9007,
    );
    await place.serve(
      ['nginx', '-c', nginx(place, 9009, { nofile: 40, connections: 1000, slow: true })],
      9009,
    );
    const always500 = nginx(place, 9010, { nofile: 40, connections: 1000, answer: 'return 500;' });
    await place.serve(['nginx', '-c', always500], 9010);
    await place.serve(['nginx', '-c', nginx(place, 9008, { nofile: 1024, connections: 1000 })], 9008);
  });
  after(() => place?.[Symbol.asyncDispose]());

  it('worker_rlimit_nofile: fd-exhaustion of the workers, not of the master', async () => {
    const load = ['--load', '150', '--kind', 'http', '--timeout', '2s'];
    const diagnosed = await place.diagnose('--port', '9006', ...load);
    assertConfirmed(diagnosed, 'fd-exhaustion');
    assert.equal(diagnosed.document.settings.nofile, 40);
    assert.equal(diagnosed.document.target.pids.length, 3);
  });

  it("worker_rlimit_nofile under somebody else's load", async () => {
    const load = () => place.clients(9006, 150, { says: GET });
    assertConfirmed(await place.watch(['--port', '9006', '--for', '3s'], load), 'fd-exhaustion');
  });

  it('a descriptor for the connection and none for its file, answered with 500: fd-exhaustion', async () => {
    const load = ['--load', '150', '--kind', 'http', '--ramp', '2s', '--timeout', '3s'];
    const diagnosed = await place.diagnose('--port', '9009', ...load);
    assert.ok(diagnosed.document.users?.by.some(({ status }) => status === 500));
    assertConfirmed(diagnosed, 'fd-exhaustion');
    assert.equal(diagnosed.code, 0);
  });

  it('an answer of 500 is no limit', async () => {
    const diagnosed = await place.diagnose('--port', '9010', '--load', '20', '--kind', 'http');
    assert.equal(diagnosed.code, 1);
    assert.deepEqual(diagnosed.causes('confirmed'), []);
    assert.deepEqual(diagnosed.causes('unknown'), ['unknown']);
  });

  it('worker_connections: connection-cap', async () => {
    // Answers that take their time, and users that come one by one: of connections that are idle, or have not asked yet, nginx
    // throws out the oldest to make room (ngx_drain_connections).
    const load = ['--load', '150', '--kind', 'http', '--ramp', '2s'];
    assertConfirmed(await place.diagnose('--port', '9007', ...load), 'connection-cap');
  });

  it('healthy', async () => {
    assertHealthy(
      await place.diagnose('--port', '9008', '--load', '150', '--kind', 'http', '--hold', '300ms'),
    );
    assertHealthy(await place.watch(['--port', '9008'], () => place.clients(9008, 150, { says: GET })));
  });
});

function nginx(
  place: Place,
  port: number,
  {
    nofile,
    connections,
    slow = false,
    answer = slow ? `root "${place.folder}"; limit_rate 1k;` : 'return 200 "ok";',
  }: { nofile: number; connections: number; slow?: boolean; answer?: string },
): string {
  if (slow) place.write('index.html', 'x'.repeat(200_000));
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return place.write(
    `nginx-${port}.conf`,
    [
      'daemon off; worker_processes 2;',
      process.getuid?.() === 0 ? 'user root;' : '',
      `worker_rlimit_nofile ${nofile}; pid "${place.folder}/nginx-${port}.pid"; error_log "${place.folder}/error.log";`,
      `events { worker_connections ${connections}; }`,
      'http { access_log off;',
      ...paths.map((name) => `${name}_temp_path "${place.folder}/${name}";`),
      `server { listen 127.0.0.1:${port}; location / { ${answer} } } }`,
    ].join('\n'),
  );
}
