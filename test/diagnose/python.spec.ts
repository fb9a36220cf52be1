import assert from 'node:assert/strict';
import { netns } from '../../lab/runtimes/netns.ts';
import { hasCommand } from '../../system/apt.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { FORKING_PYTHON, Place, SLOW_PYTHON, skipWithout, sleep } from './place.ts';
import { assertConfirmed, assertHealthy } from './verdicts.ts';

const it = oneIn(2);

describe('lab diagnose: a slow server in Python with a backlog of 5', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('python3');
  let place: Place;
  before(async () => {
    place = await Place.make();
    await place.serve(SLOW_PYTHON, 9003, { env: { BACKLOG: '5', ACCEPT_MS: '200' } });
  });
  after(() => place?.[Symbol.asyncDispose]());

  it('robots of ours: accept-queue-drop, with the backlog in force', async () => {
    const diagnosed = await place.diagnose('--port', '9003', '--load', '60', '--timeout', '2s');
    assertConfirmed(diagnosed, 'accept-queue-drop');
    if (hasCommand('ss')) assert.equal(diagnosed.document.settings.backlog, 5);
  });

  it("somebody else's load: accept-queue-drop", async () => {
    assertConfirmed(
      await place.watch(['--port', '9003'], () => place.clients(9003, 60)),
      'accept-queue-drop',
    );
  });

  it('a process for each connection, which ends with it: healthy', async () => {
    await place.serve(FORKING_PYTHON, 9009);
    const says = 'GET / HTTP/1.1\\n\\n';
    assertHealthy(
      await place.watch(['--port', '9009'], async () => {
        const first = place.clients(9009, 20, { says, stayMs: 1300 });
        await sleep(500);
        await place.clients(9009, 20, { says, stayMs: 2000 });
        await first;
      }),
    );
  });

  it('that accepts nobody any more, with room in its queue: not-accepting', async () => {
    const script =
      "import os,socket,time;s=socket.create_server(('127.0.0.1',int(os.environ['PORT'])),backlog=99);time.sleep(99)";
    await place.serve(['python3', '-c', script], 9005);
    const diagnosed = await place.watch(['--port', '9005'], () => place.clients(9005, 20, { stayMs: 5000 }));
    const { code, document } = diagnosed;
    assert.equal(code, 0);
    assertConfirmed(diagnosed, 'not-accepting');
    assert.equal(document.verdicts.find(({ cause }) => cause === 'not-accepting')?.explains, 20);
    assert.ok(
      document.seen.includes('20 in the accept queue for the last 3 s and longer: nobody was accepted'),
      document.seen.join('; '),
    );
  });

  it('that is killed with its connections: the end of the server', async () => {
    const pid = await place.serve(SLOW_PYTHON, 9004, { env: { BACKLOG: '50', ACCEPT_MS: '0' } });
    const diagnosed = await place.watch(['--pid', String(pid), '--for', '20s'], async () => {
      const clients = place.clients(9004, 30);
      setTimeout(() => process.kill(pid, 'SIGKILL'), 800);
      await clients;
    });
    assert.ok(diagnosed.causes('confirmed').includes('app-timeout-or-panic'));
    assert.ok(diagnosed.document.watched.seconds < 15, 'it waits no longer than needed');
  });
});
