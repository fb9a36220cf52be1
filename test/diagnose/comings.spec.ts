import assert from 'node:assert/strict';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { readText } from '../../system/read.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { type Diagnosed, Place, skipWithout, sleep } from './place.ts';
import { assertHealthy } from './verdicts.ts';

const it = oneIn(2);

const KIN = ['python3', join(PROJECT_ROOT, 'test/diagnose/servers/kin.py')];
const GET = 'GET / HTTP/1.1\\nHost: a\\n\\n';

const itemsOf = ({ document }: Diagnosed, cause: string) => {
  const verdict = document.verdicts.find((one) => one.cause === cause);
  return [...(verdict?.for ?? []), ...(verdict?.against ?? [])];
};
const exitsIn = (diagnosed: Diagnosed, cause: string) =>
  itemsOf(diagnosed, cause)
    .filter(({ name }) => name === 'exit')
    .map(({ says }) => says);

describe('lab diagnose: processes of a server that come and go', function () {
  this.timeout(120_000);
  skipWhenMissing(netns);
  skipWithout('python3');
  let place: Place;
  before(async () => {
    place = await Place.make();
  });
  after(() => place?.[Symbol.asyncDispose]());

  const childrenOf = (pid: number) =>
    (readText(`/proc/${pid}/task/${pid}/children`) ?? '').trim().split(' ').map(Number);

  it('a supervised restart: it has not ended, the new process is watched, and its clients were cut', async () => {
    const loop = place.write('loop.sh', 'while :; do "$@"; sleep 0.4; done');
    const supervisor = await place.serve(['sh', loop, ...KIN], 9021);
    const [first = 0] = childrenOf(supervisor);
    const diagnosed = await place.watch(['--port', '9021'], async () => {
      const load = place.clients(9021, 60, { says: GET, rampMs: 600, stayMs: 3000 });
      await sleep(1500);
      process.kill(first, 'SIGKILL');
      await load;
      await place.clients(9021, 20, { says: GET, stayMs: 500 });
    });
    const { target, verdicts } = diagnosed.document;
    assert.ok(!diagnosed.causes('confirmed').includes('gateway-crash'));
    for (const cause of ['app-timeout-or-panic', 'gateway-crash'])
      assert.doesNotMatch(exitsIn(diagnosed, cause).join(), /^the server ended/, cause);
    const restart = verdicts.find(({ cause }) => cause === 'gateway-restart');
    assert.ok(restart?.verdict === 'confirmed' || restart?.verdict === 'contributing', restart?.verdict);
    assert.match(exitsIn(diagnosed, 'gateway-restart').join(), /1 of the 2 processes seen ended/);
    const [second = 0] = childrenOf(supervisor);
    assert.deepEqual([target.pid, second !== first], [second, true], 'the commands name one that lives');
    // The whole of it: the load went on for two seconds after the first had ended.
    assert.ok(diagnosed.document.watched.seconds > 4, `${diagnosed.document.watched.seconds} s`);
  });

  it('a reload: the same listener, an old worker that lets go of it and leaves; nobody failed', async () => {
    const parent = await place.serve(KIN, 9022, { env: { MODE: 'reload' } });
    const [old = 0] = childrenOf(parent);
    const diagnosed = await place.watch(['--port', '9022'], async () => {
      const load = place.clients(9022, 40, { says: GET, rampMs: 400, stayMs: 1500 });
      await sleep(800);
      process.kill(parent, 'SIGHUP');
      await load;
      while (readText(`/proc/${old}/stat`) !== undefined) await sleep(20);
      await place.clients(9022, 40, { says: GET, stayMs: 800 });
    });
    assertHealthy(diagnosed);
    assert.match(exitsIn(diagnosed, 'app-timeout-or-panic').join(), /1 of the 3 processes seen ended/);
  });

  it('a process that hands its listener over to another one, and leaves: neither an end nor a restart', async () => {
    const old = await place.serve(KIN, 9025, { env: { MODE: 'handover' } });
    let next = 0;
    try {
      const diagnosed = await place.watch(['--port', '9025'], async () => {
        const load = place.clients(9025, 40, { says: GET, rampMs: 400, stayMs: 1200 });
        await sleep(800);
        process.kill(old, 'SIGHUP');
        // As long as it is there: a busy machine may have missed it.
        while (next === 0 && readText(`/proc/${old}/stat`) !== undefined) {
          next = childrenOf(old)[0] ?? 0;
          await sleep(1);
        }
        await load;
        while (readText(`/proc/${old}/stat`) !== undefined) await sleep(20);
        await place.clients(9025, 40, { says: GET, stayMs: 2000 });
      });
      assertHealthy(diagnosed);
      assert.equal(diagnosed.document.target.pid, next);
      assert.match(exitsIn(diagnosed, 'gateway-restart').join(), /^$|1 of the 2 processes seen ended/);
    } finally {
      if (next > 0) process.kill(next, 'SIGKILL');
    }
  });

  it('one that has ended, and does not come back, ends the watch by itself', async () => {
    const pid = await place.serve(KIN, 9023);
    const args = ['--port', '9023', '--for', '50s'];
    const diagnosed = await place.watch(args, async () => {
      await sleep(300);
      process.kill(pid, 'SIGKILL');
    });
    assert.match(exitsIn(diagnosed, 'gateway-crash').join(), /^the server ended/);
    assert.ok(diagnosed.document.watched.seconds < 40, `${diagnosed.document.watched.seconds} s`);
  });

  it('a child in a sandbox holds no listener and takes nobody: it is not the server’s', async () => {
    const pid = await place.serve(KIN, 9024, { env: { MODE: 'sandbox' } });
    const [child = 0] = childrenOf(pid);
    while (!readText(`/proc/${child}/limits`)?.match(/Max open files +1 /)) await sleep(20);
    const diagnosed = await place.diagnose(
      '--port',
      '9024',
      '--load',
      '20',
      '--kind',
      'http',
      '--hold',
      '300ms',
    );
    assertHealthy(diagnosed);
    assert.deepEqual([diagnosed.document.target.pids, diagnosed.document.users?.open], [[pid], 20]);
  });
});
