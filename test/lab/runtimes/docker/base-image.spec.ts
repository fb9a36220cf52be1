import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { docker } from '../../../../lab/runtimes/docker/docker.ts';
import { imageOf, readSources } from '../../../../lab/runtimes/docker/image.ts';
import {
  BASE_IMAGE,
  ensureBaseImage,
  ensureOrigin,
  giveTagsBack,
  imageNow,
  isStandIn,
  isThere,
  STAND_IN_LABEL,
  tagOf,
} from '../../../../lab/runtimes/docker/stand-in/base-image.ts';
import { skipWhenMissing } from '../../../skip.ts';

/** Nobody listens there, so nothing can be pulled. */
const TAG = `127.0.0.1:1/resetlab-test-base:${process.pid}`;
const ORIGIN = {
  official: `${TAG}@sha256:${'0'.repeat(64)}`,
  standIn: `resetlab-test-stand-in:${process.pid}`,
};

describe('what the image is built on', function () {
  this.timeout(120_000);
  skipWhenMissing(docker);
  afterEach(async () => {
    for (const image of [TAG, ORIGIN.standIn])
      if (await isThere(image)) execFileSync('docker', ['rmi', image], { stdio: 'ignore' });
  });

  /** An image without files: its archive is two blocks of zeros. */
  function put(image: string, label = 'other=1'): void {
    execFileSync('docker', ['import', '-c', `LABEL ${label}`, '-', image], { input: Buffer.alloc(1024) });
  }
  const ours = `${STAND_IN_LABEL}=0123456789ab`;
  const made: string[] = [];
  const make = async (name: string) => {
    made.push(name);
    put(name, ours);
  };

  it('without a registry a stand-in is made, once, under our own name, and the official tag is not written', async () => {
    made.length = 0;
    const first = await ensureOrigin(ORIGIN, make);
    assert.deepEqual([first.image, first.state], [ORIGIN.standIn, 'stand-in']);
    assert.equal((await ensureOrigin(ORIGIN, make)).image, ORIGIN.standIn);
    assert.deepEqual(made, [ORIGIN.standIn]);
    assert.equal(await isThere(TAG), false);
  });

  it('without a registry an official image that was loaded by hand is taken by its tag', async () => {
    made.length = 0;
    put(TAG);
    const { image, state, note } = await ensureOrigin(ORIGIN, make);
    assert.deepEqual([image, state, made], [TAG, 'present', []]);
    assert.match(note ?? '', /by its tag/);
  });

  it('a stand-in that earlier versions put under the official tag is not taken for the image, and loses the tag', async () => {
    put(TAG, ours);
    assert.equal(await imageNow(ORIGIN), undefined);
    assert.deepEqual(await giveTagsBack([TAG]), [TAG]);
    assert.equal(await isThere(TAG), false);
    put(TAG);
    assert.deepEqual(await giveTagsBack([TAG]), []);
    assert.equal(await isThere(TAG), true, 'not ours');
  });

  it('the base that is really taken here leaves the official tag alone, and is a part of the name of what is built', async () => {
    const { image, state } = await ensureBaseImage();
    assert.equal(await isStandIn(image), state === 'stand-in');
    assert.equal(await isStandIn(tagOf(BASE_IMAGE)), false);
    const on = (base: string) => imageOf('resetlab', readSources(), base);
    assert.equal(on(image), on(image));
    assert.notEqual(on(image), on(`${image}0`));
  });
});
