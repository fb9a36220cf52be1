import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DockerComposeEnvironment, getContainerRuntimeClient, Wait } from 'testcontainers';
import { PROJECT_ROOT } from '../common/own-files.ts';
import type { VerdictDocument } from '../lab/run/verdict-document.ts';
import { docker } from '../lab/runtimes/docker/docker.ts';
import { ensureBaseImage } from '../lab/runtimes/docker/stand-in/base-image.ts';
import { tellCompose } from '../scripts/engine/override.ts';
import { skipWhenMissing } from './skip.ts';

/** No other lab asks for it, so the run is told from those that are made here meanwhile. */
const NOFILE = 777;

describe('docker compose up', function () {
  this.timeout(300_000);
  skipWhenMissing(docker);

  it('builds on what can be had here, without a word from the caller', async () => {
    const { image } = await ensureBaseImage();
    await tellCompose(image);
    const args = ['compose', '--profile', 'k6', 'config', '--format', 'json'];
    const told = execFileSync('docker', args, { cwd: PROJECT_ROOT, encoding: 'utf8', env: plain() });
    const services: { build: { args: Record<string, string> } }[] = Object.values(JSON.parse(told).services);
    assert.deepEqual(
      services.map(({ build }) => build.args.BASE),
      [image, image, image, image, image],
    );
  });

  it('makes the failure, names its cause and shows it gone, with the knobs from the environment', async () => {
    const runs = join(PROJECT_ROOT, 'runs');
    const before = new Set(readdirSync(runs));
    // As earlier versions left it, with what another user's run has left.
    chmodSync(runs, 0o777);
    rmSync(join(runs, 'latest'), { force: true });
    symlinkSync('of-another', join(runs, 'latest'));
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
      .withBuild()
      .withWaitStrategy('lab-1', Wait.forLogMessage(/report: /))
      .withStartupTimeout(240_000)
      .up();
    let document: VerdictDocument;
    try {
      const code = await exitCode(environment.getContainer('lab-1').getId());
      const made = readdirSync(runs).filter(
        (name) => name !== 'latest' && !before.has(name) && askedNofile(join(runs, name)) === NOFILE,
      );
      assert.equal(made.length, 1, 'one run folder');
      assert.equal(statSync(runs).mode & 0o1777, 0o1777, 'what is made there is safe from others');
      assert.notEqual(readlinkSync(join(runs, 'latest')), 'of-another');
      const { mode, gid } = statSync(join(runs, made[0] as string));
      assert.equal(mode & 0o002, 0, 'a run is not for everybody to write to');
      assert.equal(mode & 0o020, 0o020, 'whoever cloned the project can remove it');
      assert.equal(gid, statSync(runs).gid);
      document = JSON.parse(readFileSync(join(runs, made[0] as string, 'verdict.json'), 'utf8'));
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
});

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
