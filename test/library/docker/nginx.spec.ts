import assert from 'node:assert/strict';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import {
  GatewayContainer,
  type StartedGatewayContainer,
  sustains,
  threshold,
} from '../../../library/index.ts';
import { skipWithout } from '../../diagnose/place.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { nginxImage } from '../image.ts';

const it = oneIn(2);

const EACH = 40;

const CONFIGURATION = `
  daemon off; user root; worker_processes 2; worker_rlimit_nofile ${EACH};
  pid /tmp/nginx.pid; error_log stderr;
  events { worker_connections 64; }
  http {
    access_log off; keepalive_timeout 600s;
    ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path /tmp/${name};`).join(' ')}
    server { listen 8080; location / { return 200 "ok"; } }
  }`;

describe('library: nginx, a master and two workers, on docker', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  skipWithout('nginx');
  let image: Awaited<ReturnType<typeof nginxImage>>;
  let server: StartedGatewayContainer;

  before(async () => {
    image = await nginxImage(CONFIGURATION);
    server = await new GatewayContainer(image.name).start();
  });

  after(async () => {
    await server?.stop();
    await image?.[Symbol.asyncDispose]();
  });

  const load = { kind: 'http', connectTimeoutMs: 1500, holdMs: 600, settleMs: 5000 } as const;

  it('sustains what its workers have room for', async () => {
    const { limitedBy, says, settings } = await sustains(server, 40, load);
    assert.deepEqual([limitedBy, says, settings.nofile], ['nothing', undefined, EACH]);
  });

  it('has its threshold, to the user, where both workers are full; who failed is not held against it afterwards', async () => {
    const atRest = 'for pid in $(cat /proc/1/task/1/children); do ls /proc/$pid/fd; done | wc -l';
    const room = 2 * EACH - Number((await server.exec(['sh', '-c', atRest])).output);
    const found = await threshold(server, { ...load, upTo: 200 });
    assert.deepEqual(
      [found.sustained, found.failsAt, found.limit, found.limitedBy, found.settings.nofile],
      [room, room + 1, 'capacity', 'nofile', EACH],
    );
    assert.equal(found.says, `all ${EACH} descriptors of one of the server's 3 processes in use`);
  });
});
