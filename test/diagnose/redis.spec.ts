import assert from 'node:assert/strict';
import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { Place, skipWithout } from './place.ts';
import { assertConfirmed, assertHealthy } from './verdicts.ts';

describe('lab diagnose: redis with maxclients', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('redis-server');
  let place: Place;
  before(async () => {
    place = await Place.make();
    const options = ['--maxclients', '40', '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'];
    await place.serve(['redis-server', '--port', '9005', ...options], 9005);
  });
  after(() => place?.[Symbol.asyncDispose]());

  it('robots of ours: connection-cap', async () => {
    const diagnosed = await place.diagnose('--port', '9005', '--load', '100');
    assertConfirmed(diagnosed, 'connection-cap');
    assert.equal(diagnosed.document.users?.open, 40);
    // redis accepts, says why, and closes: a count may meet some of those on their way out.
    const held = diagnosed.document.counted.held ?? 0;
    assert.ok(held >= 40 && held < 60, `${held} held`);
  });

  it("somebody else's load: connection-cap, and nothing where all find room", async () => {
    const load = () => place.clients(9005, 100, { says: 'PING\\n', rampMs: 500 });
    assertConfirmed(await place.watch(['--port', '9005', '--for', '4s'], load), 'connection-cap');
    assertHealthy(await place.watch(['--port', '9005'], () => place.clients(9005, 30, { says: 'PING\\n' })));
  });
});
