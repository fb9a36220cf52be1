import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerComposeEnvironment, getContainerRuntimeClient, Wait } from 'testcontainers';
import type { VerdictDocument } from '../lab/run/document.ts';
import { docker } from '../lab/runtimes/docker/docker.ts';
import { PROJECT_ROOT } from '../lab/runtimes/processes.ts';
import { skipWhenMissing } from './skip.ts';

describe('docker compose up', function () {
  this.timeout(300_000);
  skipWhenMissing(docker);

  it('makes the failure, names its cause and shows it gone, with the knobs from the environment', async () => {
    const runs = join(PROJECT_ROOT, 'runs');
    const before = new Set(readdirSync(runs));
    const environment = await new DockerComposeEnvironment(PROJECT_ROOT, 'docker-compose.yml')
      .withEnvironment({ NOFILE: '777', USERS: '1000', SOMAXCONN: '512' })
      .withBuild()
      .withWaitStrategy('lab-1', Wait.forLogMessage(/report: /))
      .withStartupTimeout(240_000)
      .up();
    let document: VerdictDocument;
    try {
      const code = await exitCode(environment.getContainer('lab-1').getId());
      const made = readdirSync(runs).filter((name) => !before.has(name) && name !== 'latest');
      assert.equal(made.length, 1, 'one run folder');
      document = JSON.parse(readFileSync(join(runs, made[0] as string, 'verdict.json'), 'utf8'));
      assert.equal(code, 0, 'the lab ends with the code of its verdict');
    } finally {
      await environment.down({ removeVolumes: true });
    }
    assert.equal(document.complete, true);
    assert.equal(document.settings.nofile, 777);
    assert.equal(document.settings.somaxconn, 512);
    assert.equal(document.users.asked, 1000);
    assert.equal(document.users.open, document.threshold.predicted);
    assert.equal(document.users.open + document.users.failed, 1000);
    assert.equal(document.verdicts.find(({ cause }) => cause === 'fd-exhaustion')?.verdict, 'confirmed');
    assert.deepEqual(document.fix?.verified, true);
  });
});

/** Waits for a container to end. */
async function exitCode(id: string): Promise<number> {
  const { container } = await getContainerRuntimeClient();
  const { StatusCode } = await container.dockerode.getContainer(id).wait();
  return StatusCode;
}
