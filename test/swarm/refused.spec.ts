import assert from 'node:assert/strict';
import { run } from '../../common/run-command.ts';
import { scratch } from '../lab/cli/lab.ts';
import { oneIn, WHOLE } from '../whole.ts';
import { docker, onSharedEngines, startOver } from './shared-engines.ts';

describe('lab --runtime swarm refuses in one line, with 3', function () {
  // A member that cannot come is not waited for: that would take a minute.
  this.timeout(45_000);
  const engines = onSharedEngines();
  const folder = scratch();
  const drawn = oneIn(2);

  it('an engine that is no manager', async () => {
    const refusal = await refused({ DOCKER_HOST: engines().workerHost });
    assert.equal(
      refusal,
      'lab: --runtime swarm: this engine is no manager of a swarm; run the lab on a manager, or make a swarm with: docker swarm init',
    );
  });

  drawn('nodes that are drained', async () => {
    const { managerHost, nodes } = engines();
    const update = async (availability: string, some: readonly string[]) => {
      for (const node of some)
        await docker(managerHost, 'node', 'update', '--availability', availability, node);
    };
    try {
      await update('drain', ['node1']);
      const one = await refused();
      assert.equal(
        one,
        "lab: swarm: the lab's own node node1 is drained, and holds the channel to all others; docker node update --availability active node1",
      );
      await update('drain', ['node2']);
      assert.equal(await refused(), 'lab: swarm: no node is ready and active; look at: docker node ls');
    } finally {
      await update('active', nodes);
    }
  });

  drawn('a node without the image, which can be had as it says', async () => {
    const { manager, managerHost, workerHost } = engines();
    const [image = ''] = (await manager.listImages()).flatMap(({ RepoTags }) => RepoTags ?? []);
    await docker(workerHost, 'rmi', '--force', await docker(workerHost, 'images', '--quiet'));
    const how = `docker save ${image} | ssh node2 docker load`;
    assert.equal(
      await refused(),
      `lab: swarm: the node node2 has no image ${image}; get it there with: ${how}`,
    );
    // No other suite of the quick form comes after this one, and to get it there takes as long as all of this.
    if (!WHOLE) return;
    const command = how.replace('docker save', `docker -H ${managerHost} save`);
    const ran = await run('sh', ['-c', command.replace('ssh node2 docker', `docker -H ${workerHost}`)]);
    assert.equal(ran.code, 0, ran.stderr);
    assert.notEqual(await docker(workerHost, 'images', '--quiet', image), '');
  });

  /** The one line that is neither about the load nor about clocks. */
  async function refused(env: Record<string, string> = {}): Promise<string> {
    const args = [
      'run',
      '--users',
      '4',
      '--set',
      'rounds=0',
      '--runtime',
      'swarm',
      '--json',
      '--runs',
      folder(),
    ];
    const { code, stdout, stderr } = await startOver(engines(), args, env).ended;
    assert.deepEqual([code, stdout], [3, ''], stderr);
    const lines = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !/^(run|swarm): /.test(line));
    assert.equal(lines.length, 1, stderr);
    return lines[0] as string;
  }
});
