import assert from 'node:assert/strict';
import { type ChildProcess, spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import type { DiagnosisDocument } from '../../lab/diagnose/diagnosis-document.ts';
import { waysInto } from '../../lab/evidence/server-place.ts';
import { dockerClient, RUN_LABEL } from '../../lab/runtimes/docker/client.ts';
import { docker } from '../../lab/runtimes/docker/docker.ts';
import { ensureImage } from '../../lab/runtimes/docker/image.ts';
import { newLabel } from '../../lab/runtimes/label.ts';
import { lab, startLab } from '../lab/cli/lab.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';

const it = oneIn(2);

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

  /** Labels of the containers that this lab has made since the engine's own `since`, by its events. */
  async function startedBy({ pid }: ChildProcess, since: number): Promise<string[]> {
    const stream = await dockerClient().getEvents({
      since,
      until: Math.ceil(Date.now() / 1000),
      filters: { type: ['container'], event: ['create'], label: [RUN_LABEL] },
    });
    let text = '';
    for await (const chunk of stream) text += chunk;
    const events = text.split('\n').filter(Boolean);
    const labels = events.map((line) => JSON.parse(line).Actor.Attributes[RUN_LABEL] as string);
    return labels.filter((label) => label.startsWith(`resetlab.${pid}.`));
  }

  it('as root on its machine nothing is started in the engine; else a container, told of before: the same is seen', async function () {
    const why = whyNot();
    if (why !== undefined) skip(this, why);
    await diagnose('--for', '100ms');
    const args = ['diagnose', '--json', '--container', server.id, '--for', '500ms'];
    const seen = [];
    for (const prefix of [[], asUserOfTheEngine()]) {
      const since = Math.floor(Date.now() / 1000);
      const { child, ended } = startLab(args, { prefix, env: { HOME: tmpdir() } });
      const { code, stdout, stderr } = await ended;
      assert.equal(code, 0, stderr);
      const { target, settings, unseen, verdicts } = JSON.parse(stdout) as DiagnosisDocument;
      // Whether an upstream refused takes the trace, which is root's alone.
      const known = verdicts.filter(({ cause }) => cause !== 'upstream-refused');
      const judged = known.map(({ cause, verdict }) => `${cause} ${verdict}`);
      seen.push({ target, settings, unseen, judged });
      const told =
        /^lab: starting a container beside \w+, of the image resetlab\S+: in .* SYS_PTRACE and DAC_READ_SEARCH\n.*watching /s;
      const started = (await startedBy(child, since)).length;
      assert.deepEqual([started, told.test(stderr)], prefix.length === 0 ? [0, false] : [1, true], stderr);
    }
    assert.deepEqual(seen[0], seen[1]);
  });

  it('only its own processes are those of a container', async () => {
    const { Id, State } = await server.inspect();
    for (const [id, pid] of [
      [Id, process.pid],
      [Id, 0],
      ['0'.repeat(64), State.Pid],
    ] as const)
      assert.deepEqual(waysInto(id, pid), { enter: [] });
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

const SOCKET = '/var/run/docker.sock';

/** An ordinary user who may use the engine, put before a command. */
function asUserOfTheEngine(): string[] {
  const { gid } = statSync(SOCKET);
  return ['setpriv', '--reuid=65534', `--regid=${gid}`, '--clear-groups', '--'];
}

/** Why the two users cannot be compared here. */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can become somebody else';
  if (process.env.DOCKER_HOST !== undefined) return 'the engine is perhaps on another machine';
  if ((statSync(SOCKET).mode & 0o060) !== 0o060) return `${SOCKET} is for no group`;
  const [setpriv = '', ...as] = asUserOfTheEngine();
  for (const argv of [
    ['test', '-r', join(PROJECT_ROOT, 'lab/cli.ts')],
    [process.execPath, '--version'],
  ])
    if (spawnSync(setpriv, [...as, ...argv]).status !== 0)
      return `an ordinary user cannot run ${argv.join(' ')}`;
  return undefined;
}
