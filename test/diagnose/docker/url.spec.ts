import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import { retryUntil } from '../../../common/waiting.ts';
import { dockerClient, RUN_LABEL } from '../../../lab/runtimes/docker/client.ts';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { ensureImage } from '../../../lab/runtimes/docker/image.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { lab } from '../../lab/cli/lab.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';

const it = oneIn(2);

/** Fails whoever does not call it by its name or its address. */
const SERVER = `require('node:http').createServer(({ headers: { host } }, answer) => {
  answer.statusCode = /^(shop\\.example|[\\d.]+):8080$/.test(host) ? 200 : 500;
  answer.end();
}).listen(8080, '0.0.0.0');`;
const LOAD = ['--load', '20', '--hold', '300ms'];

describe('lab diagnose --url: a server in a container', function () {
  this.timeout(180_000);
  skipWhenMissing(docker);
  let server: Docker.Container;
  let address: string;

  before(async () => {
    const engine = dockerClient();
    server = await engine.createContainer({
      Image: await ensureImage(engine),
      Entrypoint: ['node'],
      Cmd: ['-e', SERVER],
      Labels: { [RUN_LABEL]: newLabel() },
      HostConfig: { AutoRemove: true, NetworkMode: 'bridge' },
    });
    await server.start();
    const { NetworkSettings } = await server.inspect();
    address = NetworkSettings.Networks.bridge?.IPAddress ?? '';
    const answers = () =>
      fetch(`http://${address}:8080/`).then(
        () => true,
        () => undefined,
      );
    assert.ok(await retryUntil(answers, { everyMs: 100, forMs: 20_000 }), 'the server does not listen');
  });
  after(() => server?.kill().catch(() => {}));

  it('by its address: it is watched from within', async () => {
    const { code, stdout, stderr } = await lab([
      'diagnose',
      '--json',
      '--url',
      `http://${address}:8080/`,
      ...LOAD,
    ]);
    assert.equal(code, 0, stderr);
    const { target, users } = JSON.parse(stdout);
    assert.deepEqual([target.how, target.elsewhere, users.open], ['container', true, 20]);
  });

  it('by the name that its users have for it', async () => {
    const named = ['--url', 'http://shop.example:8080/', '--container', server.id];
    const { code, stdout, stderr } = await lab(['diagnose', '--json', ...named, ...LOAD]);
    assert.equal(code, 0, stderr);
    const { target, users } = JSON.parse(stdout);
    assert.deepEqual([target.url, users.open], ['http://shop.example:8080/', 20]);
  });

  for (const [url, says] of [
    [
      'http://shop.example/',
      'nobody listens on port 80 in the network namespace of the server; allowed: a port that somebody does: 8080',
    ],
    [
      'https://shop.example:8080/',
      'the server speaks no TLS on this port; allowed: http://shop.example:8080/',
    ],
  ] as const)
    it(`bad input: ${url}`, async () => {
      const { code, stdout, stderr } = await lab([
        'diagnose',
        '--json',
        '--url',
        url,
        '--container',
        server.id,
        ...LOAD,
      ]);
      // Where a container is started beside it, that is told first.
      assert.deepEqual(
        [code, stdout, stderr.trim().split('\n').at(-1)],
        [2, '', `lab: --url ${url}: ${says}`],
      );
    });
});
