import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DockerComposeEnvironment, getContainerRuntimeClient, Wait } from 'testcontainers';
import { PROJECT_ROOT } from '../common/own-files.ts';
import type { VerdictDocument } from '../lab/run/verdict-document.ts';
import { docker } from '../lab/runtimes/docker/docker.ts';
import { ensureBaseImage } from '../lab/runtimes/docker/stand-in/base-image.ts';
import { tellCompose } from '../scripts/engine/override.ts';
import { skipWhenMissing } from './skip.ts';

/** No other lab asks for these, so each run is told from those that are made here meanwhile. */
const NOFILE = 777;
const NOFILE_OF_THREE = 313;

const RUNS = join(PROJECT_ROOT, 'runs');

describe('docker compose up', function () {
  this.timeout(300_000);
  skipWhenMissing(docker);

  before(async () => {
    await composeOfThree(await fromHere(), 'build', 'lab');
  });

  it('builds on what can be had here, without a word from the caller', async () => {
    const { image } = await ensureBaseImage();
    await tellCompose(image);
    const args = ['compose', '--profile', 'k6', 'config', '--format', 'json'];
    const told = execFileSync('docker', args, { cwd: PROJECT_ROOT, encoding: 'utf8', env: plain() });
    const services: { build: { args: Record<string, string> } }[] = Object.values(JSON.parse(told).services);
    assert.deepEqual(
      services.map(({ build }) => build.args.BASE),
      [image, image, image, image, image, image],
    );
  });

  it('makes the failure, names its cause and shows it gone, with the knobs from the environment', async () => {
    const before = new Set(readdirSync(RUNS));
    // As earlier versions left it, with what another user's run has left.
    chmodSync(RUNS, 0o777);
    rmSync(join(RUNS, 'latest'), { force: true });
    symlinkSync('of-another', join(RUNS, 'latest'));
    const environment = await new DockerComposeEnvironment(PROJECT_ROOT, 'docker-compose.yml')
      .withEnvironment({
        // testcontainers names the file, and so leaves out what stands beside it.
        RESETLAB_BASE: (await ensureBaseImage()).image,
        NOFILE: String(NOFILE),
        USERS: '1000',
        SOMAXCONN: '512',
        CPUS: '0.9',
        MEMORY_MB: '512',
        TCP_SYN_RETRIES: '5',
      })
      .withWaitStrategy('lab-1', Wait.forLogMessage(/report: /))
      .withStartupTimeout(240_000)
      .up();
    let document: VerdictDocument;
    try {
      const code = await exitCode(environment.getContainer('lab-1').getId());
      const made = madeSince(before, NOFILE);
      assert.equal(statSync(RUNS).mode & 0o1777, 0o1777, 'what is made there is safe from others');
      assert.notEqual(readlinkSync(join(RUNS, 'latest')), 'of-another');
      const { mode, gid } = statSync(made);
      assert.equal(mode & 0o002, 0, 'a run is not for everybody to write to');
      assert.equal(mode & 0o020, 0o020, 'whoever cloned the project can remove it');
      assert.equal(gid, statSync(RUNS).gid);
      document = JSON.parse(readFileSync(join(made, 'verdict.json'), 'utf8'));
      assert.equal(code, 0, 'the lab ends with the code of its verdict');
    } finally {
      await environment.down({ removeVolumes: true });
    }
    assert.equal(document.complete, true);
    assert.equal(document.settings.nofile, NOFILE);
    assert.equal(document.settings.somaxconn, 512);
    assert.equal(document.settings.cpus, 0.9);
    assert.equal(document.settings.memory_mb, 512);
    assert.equal(document.settings.tcp_syn_retries, 5);
    assert.equal(document.users.asked, 1000);
    assert.equal(document.users.open, document.threshold.predicted);
    assert.equal(document.users.open + document.users.failed, 1000);
    assert.equal(document.verdicts.find(({ cause }) => cause === 'fd-exhaustion')?.verdict, 'confirmed');
    assert.deepEqual(document.fix?.verified, true);
  });

  it('with --scale robots=3 has one load from three addresses, and tells of each', async () => {
    const before = new Set(readdirSync(RUNS));
    const printed = await upWithThree({ NOFILE: String(NOFILE_OF_THREE), USERS: '601', ROUNDS: '0' });
    assert.match(printed, /lab-1 +\| .*report: [\s\S]*lab-1 exited with code 0/);
    const made = madeSince(before, NOFILE_OF_THREE);
    const document: VerdictDocument = JSON.parse(readFileSync(join(made, 'verdict.json'), 'utf8'));
    const { users, threshold, parts } = document;
    assert.equal(document.complete, true);
    assert.equal(users.open, threshold.predicted);
    assert.equal(users.open + users.failed, 601);
    assert.deepEqual(
      parts?.fleets.map((part) => [part.source, part.users.asked]),
      [
        [1, 200],
        [2, 200],
        [3, 201],
      ],
    );
    const sum = (what: 'open' | 'failed') =>
      parts?.fleets.reduce((all, { users: those }) => all + those[what], 0);
    assert.deepEqual([sum('open'), sum('failed')], [users.open, users.failed]);
    const connections = readFileSync(join(made, 'connections.ndjson'), 'utf8').trim().split('\n');
    const addresses = new Set(connections.map((line) => JSON.parse(line).remote?.split(':')[0]));
    assert.equal(addresses.size, 3, [...addresses].join());
    const word = (id: string) => document.verdicts.find(({ cause }) => cause === id)?.verdict;
    assert.equal(word('fd-exhaustion'), 'confirmed');
    assert.notEqual(word('packet-filter'), 'confirmed', 'users of two addresses may have one port');
    assert.equal(document.fix?.verified, true);
  });
});

/** The environment for a stack of this machine: a command that names the file leaves out what stands beside it. */
async function fromHere(more: Record<string, string> = {}): Promise<NodeJS.ProcessEnv> {
  return { ...plain(), RESETLAB_BASE: (await ensureBaseImage()).image, ...more };
}

async function composeOfThree(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const all = ['compose', '-p', 'resetlab-three', '-f', 'docker-compose.yml', ...args];
  return (await promisify(execFile)('docker', all, { cwd: PROJECT_ROOT, env })).stdout;
}

/** The stack with three containers of robots, until its lab has ended and with it all others. Gives what it printed. */
async function upWithThree(settings: Record<string, string>): Promise<string> {
  const env = await fromHere(settings);
  try {
    const printed = await composeOfThree(env, 'up', '--scale', 'robots=3');
    while ((await composeOfThree(env, 'ps', '--quiet')) !== '') await sleep(200);
    return printed;
  } finally {
    await composeOfThree(env, 'down', '--volumes');
  }
}

/** The run folder that was made with that limit. */
function madeSince(before: ReadonlySet<string>, nofile: number): string {
  const made = readdirSync(RUNS).filter(
    (name) => name !== 'latest' && !before.has(name) && askedNofile(join(RUNS, name)) === nofile,
  );
  assert.equal(made.length, 1, 'one run folder');
  return join(RUNS, made[0] as string);
}

/** The environment of somebody who has set nothing for compose. */
function plain(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(RESETLAB|COMPOSE)_/.test(name)),
  );
}

/** Waits for a container to end. */
async function exitCode(id: string): Promise<number> {
  const { container } = await getContainerRuntimeClient();
  const { StatusCode } = await container.dockerode.getContainer(id).wait();
  return StatusCode;
}

/** What the lab of a run folder was asked for; undefined where it is not a run. */
function askedNofile(folder: string): number | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).asked.nofile;
  } catch {
    return undefined;
  }
}
