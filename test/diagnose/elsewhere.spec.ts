import assert from 'node:assert/strict';
import { netns } from '../../lab/runtimes/netns.ts';
import { hasOtherNetFiles, isElsewhere } from '../../system/proc/process.ts';
import { skipWhenMissing } from '../skip.ts';
import { FORKING_PYTHON, Place, skipWithout } from './place.ts';

describe('lab diagnose: in which network namespace a process is', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('python3');
  let place: Place;
  before(async () => {
    place = await Place.make();
  });
  after(() => place?.[Symbol.asyncDispose]());

  it('its links say so, and its files as well, where those may not be read', async () => {
    const other = await place.serve(FORKING_PYTHON, 9010);
    for (const told of [isElsewhere, hasOtherNetFiles])
      assert.deepEqual([told(process.pid), told(process.ppid), told(other)], [false, false, true], told.name);
  });
});
