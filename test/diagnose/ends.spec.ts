import assert from 'node:assert/strict';
import { join } from 'node:path';
import { netns } from '../../lab/runtimes/netns.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { type Diagnosed, Place, sleep } from './place.ts';

const it = oneIn(3);

const PORT = 8080;
/** At a port that others listen on as well, in other namespaces, an RST may be theirs. */
const SELDOM = 8437;
const USERS = 20;
const ENDING = join(import.meta.dirname, 'servers/ending.py');

/** Watches `how` with users that are held while `act` happens to the server. */
async function watch(how: string, act: (pid: number) => Promise<void>): Promise<Diagnosed> {
  await using place = await Place.make();
  const pid = await place.serve(['python3', ENDING, how], PORT);
  return await place.watch(['--port', String(PORT), '--for', '9s'], async () => {
    const held = place.clients(PORT, USERS, { says: 'hi', stayMs: 6000 });
    await sleep(2500);
    await act(pid);
    await held;
  });
}

const signalled = async (pid: number) => void process.kill(pid, 'SIGUSR1');

function explained({ document }: Diagnosed, cause: string): number {
  return document.verdicts.find((one) => one.cause === cause)?.explains ?? 0;
}

describe('lab diagnose: a server that goes, and one that comes again', function () {
  this.timeout(90_000);
  skipWhenMissing(netns);

  it('a supervised restart that cuts its users is one, with their number', async () => {
    const diagnosed = await watch('restart', signalled);
    assert.deepEqual(diagnosed.causes('confirmed').sort(), ['app-timeout-or-panic', 'gateway-restart']);
    assert.equal(explained(diagnosed, 'gateway-restart'), USERS);
  });

  it('also where the supervisor keeps the listener, and the next process inherits it', async () => {
    const diagnosed = await watch('inherit', signalled);
    assert.deepEqual(diagnosed.causes('confirmed').sort(), ['app-timeout-or-panic', 'gateway-restart']);
    assert.equal(explained(diagnosed, 'gateway-restart'), USERS);
  });

  it('one that somebody kills: root is told by which signal, and from whom', async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root is told of signals');
    const diagnosed = await watch('unlisten', async (pid) => void process.kill(pid, 'SIGKILL'));
    assert.deepEqual(diagnosed.causes('confirmed').sort(), ['app-timeout-or-panic', 'killed']);
    const killed = diagnosed.document.verdicts.find(({ cause }) => cause === 'killed');
    assert.match(JSON.stringify(killed?.for), new RegExp(`SIGKILL from \\S+ \\(pid ${process.pid}\\)`));
  });

  it('one that is killed while nobody is in it, and whom it refuses since', async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root is told of signals, and of who is refused');
    await using place = await Place.make();
    const pid = await place.serve(['python3', ENDING, 'unlisten'], SELDOM);
    const diagnosed = await place.watch(['--port', String(SELDOM), '--for', '7s'], async () => {
      await sleep(500);
      process.kill(pid, 'SIGKILL');
      await sleep(600);
      await place.clients(SELDOM, USERS, { rampMs: 1000, stayMs: 100 });
    });
    assert.deepEqual(diagnosed.causes('confirmed').sort(), ['app-timeout-or-panic', 'killed']);
    assert.equal(explained(diagnosed, 'killed'), USERS);
  });

  it('a listener that is closed for good, while the process and its users live, is no restart', async () => {
    await using place = await Place.make();
    const pid = await place.serve(['python3', ENDING, 'unlisten'], PORT);
    const diagnosed = await place.watch(['--port', String(PORT), '--for', '9s'], async () => {
      const held = place.clients(PORT, USERS, { says: 'hi', stayMs: 6000 });
      await sleep(2500);
      await signalled(pid);
      await sleep(500);
      await place.clients(PORT, USERS, { stayMs: 100 });
      await held;
    });
    assert.deepEqual(diagnosed.causes('confirmed').sort(), ['app-timeout-or-panic', 'listener-closed']);
  });
});
