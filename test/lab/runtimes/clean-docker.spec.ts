import assert from 'node:assert/strict';
import type Docker from 'dockerode';
import { dockerClient, RUN_LABEL } from '../../../lab/runtimes/docker/client.ts';
import { docker } from '../../../lab/runtimes/docker/docker.ts';
import { ensureImage } from '../../../lab/runtimes/docker/image.ts';
import { newLabel } from '../../../lab/runtimes/label.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab } from '../cli/lab.ts';
import { deadLabel, foreignLabel, inOtherNamespace } from './places.ts';

const it = oneIn(2);

/** What is removed after each test. */
const made: (Docker.Container | Docker.Network)[] = [];

describe('lab clean, with an engine', function () {
  this.timeout(300_000);
  skipWhenMissing(docker);
  let image = '';
  before(async () => {
    image = await ensureImage(dockerClient());
  });
  afterEach(async () => {
    for (const one of made.splice(0).reverse()) await one.remove({ force: true }).catch(() => {});
  });

  it('removes containers and networks of a dead lab, leaves what may be of a live one, and spares those of a live one', async () => {
    const [dead, foreign, live] = [deadLabel(), foreignLabel(), newLabel()];
    const containers = await inTurn([dead, foreign, live], (label) => startedContainer(image, label, label));
    const { removed, left } = await cleaned();
    const [gone, kept, spared] = containers.map(({ id }) => id.slice(0, 12));
    assert.deepEqual([removed.includes(gone), removed.includes(dead)], [true, true]);
    assert.deepEqual([left.includes(kept), left.includes(foreign)], [true, true]);
    for (const name of [spared, live]) assert.ok(!removed.includes(name) && !left.includes(name), name);
    assert.deepEqual(await inTurn(containers, isThere), [false, true, true]);
    const networks = await inTurn([dead, foreign, live], async (name) =>
      isThere(dockerClient().getNetwork(name)),
    );
    assert.deepEqual(networks, [false, true, true]);
  });

  it('in another pid namespace leaves those of a live lab', async function () {
    const prefix = inOtherNamespace(this);
    const live = newLabel();
    const container = await startedContainer(image, live, live);
    const { removed, left } = await cleaned(prefix);
    for (const name of [container.id.slice(0, 12), live])
      assert.ok(!removed.includes(name) && left.includes(name), name);
    assert.equal(await isThere(container), true);
  });

  it('does not say that it removed what the engine keeps', async () => {
    const dead = deadLabel();
    // Not labelled, so not ours to remove: the network stays in use.
    const guest = await startedContainer(image, dead);
    const { removed, failed } = await cleaned();
    assert.ok(!removed.includes(dead));
    const { kind, why } = failed.find(({ name }) => name === dead) ?? {};
    assert.equal(kind, 'networks');
    assert.match(why ?? '', /active endpoints/);
    assert.equal(await isThere(guest), true);
  });
});

/** A container that sleeps, with that label if any, in a network of that name and label. */
async function startedContainer(image: string, network: string, label?: string): Promise<Docker.Container> {
  const client = dockerClient();
  made.push(await client.createNetwork({ Name: network, Internal: true, Labels: { [RUN_LABEL]: network } }));
  const container = await client.createContainer({
    Image: image,
    Entrypoint: ['sleep', '300'],
    ...(label === undefined ? {} : { Labels: { [RUN_LABEL]: label } }),
    HostConfig: { NetworkMode: network, CapDrop: ['ALL'], Init: true },
  });
  made.push(container);
  await container.start();
  return container;
}

/** What `lab clean` says of containers and networks together. */
async function cleaned(prefix: string[] = []) {
  const { stdout, stderr, code } = await lab(['clean', '--json'], { prefix });
  assert.equal(code, 0, stderr);
  const { containers, networks, left, failed } = JSON.parse(stdout);
  return {
    removed: [...containers, ...networks] as (string | undefined)[],
    left: [...left.containers, ...left.networks] as (string | undefined)[],
    failed: failed as { kind: string; name: string; why: string }[],
  };
}

function isThere(one: Docker.Container | Docker.Network): Promise<boolean> {
  return one.inspect().then(
    () => true,
    (error: { statusCode?: number }) => {
      assert.equal(error.statusCode, 404);
      return false;
    },
  );
}

/** One after another, in order. */
async function inTurn<From, To>(all: readonly From[], act: (one: From) => Promise<To>): Promise<To[]> {
  const results: To[] = [];
  for (const one of all) results.push(await act(one));
  return results;
}
