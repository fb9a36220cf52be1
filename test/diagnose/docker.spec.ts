import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import { dockerClient, RUN_LABEL } from '../../lab/runtimes/docker/client.ts';
import { docker } from '../../lab/runtimes/docker/docker.ts';
import { ensureImage } from '../../lab/runtimes/docker/image.ts';
import { newLabel } from '../../lab/runtimes/label.ts';
import { lab, startLab } from '../lab/cli/lab.ts';
import { skipWhenMissing } from '../skip.ts';

describe('lab diagnose: a server in a container', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  let server: Docker.Container;

  beforeEach(async () => {
    const engine = dockerClient();
    server = await engine.createContainer({
      Image: await ensureImage(engine),
      Entrypoint: ['node'],
      Cmd: ['gateway/main.ts'],
      Env: ['HOST=0.0.0.0', 'PORT=8080'],
      Labels: { [RUN_LABEL]: newLabel() },
      HostConfig: {
        AutoRemove: true,
        NetworkMode: 'none',
        Ulimits: [{ Name: 'nofile', Soft: 128, Hard: 128 }],
      },
    });
    await server.start();
  });
  afterEach(() => server.kill().catch(() => {}));

  /** What it prints; the server is given time to listen. */
  async function diagnose(...args: string[]) {
    for (let tries = 20; ; tries -= 1) {
      const { code, stdout, stderr } = await lab(['diagnose', '--json', '--container', server.id, ...args]);
      if (code !== 2 || tries === 0)
        return { code, document: JSON.parse(stdout || `{"error":${JSON.stringify(stderr)}}`) };
    }
  }

  it('out of descriptors, with robots of ours beside it', async () => {
    const { code, document } = await diagnose('--load', '200', '--kind', 'ws', '--path', '/bets');
    assert.equal(code, 0, JSON.stringify(document));
    assert.deepEqual([document.target.pid, document.target.port, document.settings.nofile], [1, 8080, 128]);
    const confirmed = document.verdicts.filter(({ verdict }: { verdict: string }) => verdict === 'confirmed');
    assert.deepEqual(
      confirmed.map(({ cause }: { cause: string }) => cause),
      ['fd-exhaustion'],
    );
    assert.equal(document.users.open, document.threshold.predicted);
  });

  it('that is killed while it is watched: the engine tells how', async () => {
    await diagnose('--for', '100ms');
    const { result, ended: over } = startLab([
      'diagnose',
      '--json',
      '--container',
      server.id,
      '--for',
      '30s',
    ]);
    const killer = setInterval(() => {
      if (result.stderr.includes('watching')) void server.kill().catch(() => {});
    }, 50);
    const { stdout, stderr } = await over.finally(() => clearInterval(killer));
    assert.notEqual(stdout, '', stderr);
    const document = JSON.parse(stdout);
    const ended = document.verdicts.find(({ cause }: { cause: string }) => cause === 'app-timeout-or-panic');
    assert.equal(ended.verdict, 'contributing', 'nobody was connected');
    assert.match(ended.for[0].says, /SIGKILL/);
    assert.ok(document.watched.seconds < 25);
  });

  it('that listens on nothing of this port: one line, exit 2', async () => {
    await diagnose('--for', '100ms');
    const { code, stderr } = await lab(['diagnose', '--container', server.id, '--port', '81']);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /listens on no TCP port 81/);
  });

  it('that does not exist: one line, exit 2', async () => {
    const { code, stderr } = await lab(['diagnose', '--container', 'no-such-container']);
    assert.equal(code, 2);
    assert.match(stderr, /^lab: --container no-such-container: .*no such container.*\n$/i);
  });
});
