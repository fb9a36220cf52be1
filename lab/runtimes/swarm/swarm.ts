import { refusePublished } from '../../settings/refused.ts';
import { dockerClient, managerNode, missingEngine } from '../docker/client.ts';
import { checkOnEngine } from '../docker/docker.ts';
import { ensureImage } from '../docker/image.ts';
import { missingSources } from '../docker/missing-sources.ts';
import { refuseFilter } from '../packet-filter.ts';
import type { Runtime } from '../runtime.ts';
import { refuseTwoLinks } from '../two-links.ts';
import { candidatesOf, listNodes, refuseDrained } from './nodes.ts';
import { Stack } from './stack.ts';
import { swarmStage } from './swarm-stage.ts';
import { testEnvironment } from './test-environment.ts';

/**
 * Services of somebody's swarm, on a network of their own over its machines, without a way out. The swarm is never made, left or changed; what
 * a run adds to it goes with the run.
 */
export const swarm: Runtime = {
  name: 'swarm',
  missing: async () => (await missingEngine()) ?? (await missingManager()) ?? missingSources(),
  async check(settings, signal) {
    refusePublished(settings, 'a swarm');
    refuseFilter(settings, 'its image has no nft');
    refuseTwoLinks(settings);
    testEnvironment();
    const docker = dockerClient();
    const nodes = await listNodes(docker);
    candidatesOf(nodes);
    refuseDrained(nodes, await managerNode());
    // What other nodes refuse is told by their tasks.
    await checkOnEngine(docker, settings, signal);
  },
  async open(settings, label, signal) {
    const docker = dockerClient();
    const image = await ensureImage(docker, signal);
    const stack = await Stack.of({ docker, image, label, settings, signal });
    try {
      return await swarmStage(stack);
    } catch (error) {
      await stack[Symbol.asyncDispose]();
      throw error;
    }
  },
};

async function missingManager(): Promise<string | undefined> {
  return (await managerNode())
    ? undefined
    : 'this engine is no manager of a swarm; run the lab on a manager, or make a swarm with: docker swarm init';
}
