import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { Place, skipWithout } from './place.ts';
import { assertConfirmed } from './verdicts.ts';

const it = oneIn(3);

const SERVER = ['python3', join(PROJECT_ROOT, 'test/diagnose/servers/semaphore.py')];
const LOAD = ['--load', '40', '--kind', 'http', '--timeout', '5s'];

describe('lab diagnose: users that wait for a server that has time', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('python3');
  let place: Place;
  before(async () => {
    place = await Place.make();
    await place.serve(SERVER, 9031, { env: { MOST: '10' } });
    await place.serve(SERVER, 9032, { env: { MOST: '10', BACKLOG: '5' } });
    await place.serve(SERVER, 9033, { env: { MOST: '0' } });
    await place.serve(SERVER, 9034, { env: { MOST: '10', COMPUTES: '1' } });
  });
  after(() => place?.[Symbol.asyncDispose]());

  it('a limit: one is let go, and exactly one is taken for it', async () => {
    const diagnosed = await place.diagnose('--port', '9031', ...LOAD);
    assertConfirmed(diagnosed, 'concurrency-limit');
    const found = diagnosed.document.verdicts.find(({ cause }) => cause === 'concurrency-limit');
    assert.equal(found?.for.find(({ name }) => name === 'let one leave')?.after, 1);
    assert.equal(found?.for.find(({ name }) => name === 'served at once')?.after, 10);
  });

  it('the same with a short queue, whose drops are a consequence', async () => {
    const diagnosed = await place.diagnose('--port', '9032', ...LOAD);
    assertConfirmed(diagnosed, 'concurrency-limit');
    assert.ok(diagnosed.causes('contributing').includes('accept-queue-drop'));
  });

  it('a thread that computes beside is not what they wait for', async () => {
    assertConfirmed(await place.diagnose('--port', '9034', ...LOAD), 'concurrency-limit');
  });

  it('nobody behind the listener', async () => {
    assertConfirmed(await place.diagnose('--port', '9033', ...LOAD), 'not-accepting');
  });
});
