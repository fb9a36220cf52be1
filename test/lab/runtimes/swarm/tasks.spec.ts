import assert from 'node:assert/strict';
import { Looks } from '../../../../lab/runtimes/swarm/looks.ts';
import { candidatesOf, refuseDrained, type SwarmNode } from '../../../../lab/runtimes/swarm/nodes.ts';
import { failureOf, type Reading, type SwarmTask, stateOf } from '../../../../lab/runtimes/swarm/tasks.ts';
import { fromFlags, resolveSettings } from '../../../../lab/settings/setting-sources.ts';

const node = (name: string, { state = 'ready', availability = 'active', label = '' } = {}): SwarmNode => ({
  ID: `id of ${name}`,
  Description: { Hostname: name },
  Status: { State: state },
  Spec: { Availability: availability, Labels: label ? { resetlab: label } : {} },
});

const READING: Reading = {
  nodes: [node('node1'), node('node2')],
  roleOf: (id) => (id === 'g' ? 'gateway' : 'robots'),
  settings: resolveSettings([fromFlags(['somaxconn=16', 'nofile=2000000'])]),
  image: 'resetlab:abc',
};

function task(State: string, Err = '', more: Partial<SwarmTask> = {}): SwarmTask {
  return { ServiceID: 'g', Slot: 1, NodeID: 'id of node2', Status: { State, Err }, ...more };
}

/** Why the members will not come, as a line with its exit code. */
function failure(...tasks: SwarmTask[]): [string | undefined, number | undefined] {
  const error = failureOf(tasks, READING) as (Error & { exitCode?: number }) | undefined;
  return [error?.message, error?.exitCode];
}

describe('runtime swarm: why a member does not come', () => {
  it('its node has no image: which, and how to get it there', () => {
    assert.deepEqual(failure(task('running'), task('rejected', 'No such image: sha256:123')), [
      'swarm: the node node2 has no image resetlab:abc; get it there with: docker save resetlab:abc | ssh node2 docker load',
      3,
    ]);
  });

  it('its node refuses a setting, by its name', () => {
    const sysctl =
      'starting container failed: OCI runtime create failed: write sysctl key net.core.somaxconn: open /proc/sys/net/core/somaxconn: no such file';
    assert.deepEqual(failure(task('failed', sysctl)), [
      '--set: somaxconn=16: the engine or kernel of node2 refuses it',
      2,
    ]);
    const rlimit =
      'error setting rlimits for ready process: error setting rlimit type 7: operation not permitted';
    assert.deepEqual(failure(task('failed', rlimit)), [
      '--set: nofile=2000000: the engine or kernel of node2 refuses it',
      2,
    ]);
  });

  it('no node takes it, in the words of the swarm', () => {
    const { NodeID: _, ...nowhere } = task(
      'pending',
      'no suitable node (scheduling constraints not satisfied on 2 nodes)',
    );
    assert.deepEqual(failure(nowhere), [
      'swarm: gateway.1: no suitable node (scheduling constraints not satisfied on 2 nodes)',
      3,
    ]);
  });

  it('it has ended, or its node says anything else', () => {
    assert.deepEqual(failure(task('failed', 'task: non-zero exit (3)', { ServiceID: 'r', Slot: 2 })), [
      'swarm: robots.2 on node2: task: non-zero exit (3)',
      3,
    ]);
    assert.deepEqual(failure(task('complete')), ['swarm: gateway.1 on node2: its task is complete', 3]);
  });

  it('nothing is wrong with one that is on its way', () => {
    assert.deepEqual(failure(task('preparing'), task('pending'), task('running')), [undefined, undefined]);
    assert.equal(
      stateOf([task('preparing'), task('running'), task('starting', '', { ServiceID: 'r' })], READING),
      'gateway.1 on node2 is preparing, robots.1 on node2 is starting',
    );
    assert.equal(stateOf([task('running')], READING), undefined);
  });

  it('what one look alone has seen is not believed', async () => {
    const full = [task('pending', 'no suitable node (insufficient resources on 1 node)')];
    const seen = [full, [task('running')], full, full, [task('running')]];
    let looks = 0;
    const watching = new Looks(async () => seen[looks++] as SwarmTask[], READING);
    await assert.rejects(watching.failed(new AbortController().signal), /no suitable node/);
    assert.equal(looks, 4);
  });
});

describe('runtime swarm: where services may go', () => {
  it('to nodes that are ready and active', () => {
    const nodes = [node('a'), node('b', { availability: 'drain' }), node('c', { state: 'down' }), node('d')];
    assert.deepEqual(candidatesOf(nodes), {
      only: { gateway: false, robots: false },
      count: { gateway: 2, robots: 2 },
    });
    assert.throws(() => candidatesOf([nodes[1] as SwarmNode]), {
      name: 'CannotRunError',
      message: 'swarm: no node is ready and active; look at: docker node ls',
    });
  });

  it('to those that somebody keeps for them, where there are any', () => {
    const nodes = [node('a', { label: 'gateway' }), node('b'), node('c')];
    assert.deepEqual(candidatesOf(nodes), {
      only: { gateway: true, robots: false },
      count: { gateway: 1, robots: 3 },
    });
    assert.throws(
      () => candidatesOf([node('a'), node('b', { label: 'robots', state: 'down' })]),
      /no node with the label resetlab=robots is ready/,
    );
  });

  it('not where the lab itself may run nothing', () => {
    const nodes = [node('a', { availability: 'drain' }), node('b')];
    assert.throws(() => refuseDrained(nodes, 'id of a'), /the lab's own node a is drained/);
    refuseDrained(nodes, 'id of b');
  });
});
