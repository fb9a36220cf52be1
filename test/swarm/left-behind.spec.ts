import assert from 'node:assert/strict';
import { retryUntil } from '../../common/waiting.ts';
import { lab, scratch } from '../lab/cli/lab.ts';
import { onlyWhole, onSharedEngines, startOver } from './shared-engines.ts';

describe('lab over two engines leaves nothing', function () {
  this.timeout(60_000);
  const engines = onSharedEngines();
  const folder = scratch();

  onlyWhole('after a Ctrl-C while its members come, which ends with 130', async () => {
    const { child, ended } = start();
    await servicesAre(2);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    assert.equal(code, 130, stderr);
  });

  onlyWhole('after a Ctrl-C while users are open, which ends with 130 and what was seen', async () => {
    const { child, ended, result } = start();
    await progress(result);
    child.kill('SIGINT');
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 130, stderr);
    assert.equal(JSON.parse(stdout).complete, false);
  });

  onlyWhole('after a kill -9, once clean has run', async () => {
    const { child, ended, result } = start();
    await progress(result);
    child.kill('SIGKILL');
    await ended;
    assert.equal(await servicesAre(2), true);
    const { code, stdout, stderr } = await lab(['clean', '--json'], {
      env: { DOCKER_HOST: engines().managerHost },
    });
    assert.equal(code, 0, stderr);
    const { services, networks, failed } = JSON.parse(stdout);
    assert.deepEqual([services.length, networks.length, failed], [2, 2, []]);
  });

  function start() {
    const load = ['--users', '40', '--set', 'hold_ms=60000', '--set', 'rounds=0'];
    const args = ['run', ...load, '--runtime', 'swarm', '--json', '--runs', folder()];
    return startOver(engines(), args);
  }

  async function progress(result: { stderr: string }): Promise<void> {
    const open = () => /40 open/.test(result.stderr) || undefined;
    if (!(await retryUntil(open, { everyMs: 20, forMs: 30_000 }))) assert.fail(result.stderr);
  }

  async function servicesAre(count: number): Promise<true> {
    const made = async () => (await engines().manager.listServices()).length === count || undefined;
    return (await retryUntil(made, { everyMs: 20, forMs: 30_000 })) ?? assert.fail('no services');
  }
});
