import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { Place, sleep } from './place.ts';
import { assertConfirmed } from './verdicts.ts';

const it = oneIn(2);

const NODE = [process.execPath, join(PROJECT_ROOT, 'test/diagnose/servers/node.ts')];
const GET = 'GET / HTTP/1.1\\nHost: a\\n\\n';

describe('lab diagnose: servers of Node', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  let place: Place;
  const workersOf = (primary: number) =>
    readFileSync(`/proc/${primary}/task/${primary}/children`, 'utf8').trim().split(' ');
  before(async () => {
    place = await Place.make();
    const primary = await place.serve(NODE, 9011, { env: { MODE: 'cluster' } });
    while (workersOf(primary).length < 2) await sleep(20);
    // Theirs alone: the primary, through which all connections pass, has enough.
    for (const worker of workersOf(primary)) place.run(`prlimit --pid ${worker} --nofile=64:64`);
    await place.serve(NODE, 9012, { env: { MODE: 'block', AT: '40' } });
    await place.serve(NODE, 9013, { env: { MODE: 'restart', AT: '40' } });
  });
  after(() => place?.[Symbol.asyncDispose]());

  // First: late RSTs of what the others leave behind are counted in the same namespace.
  it("a restart under somebody else's load: its listener was gone, its process was not", async () => {
    const load = () => place.clients(9013, 80, { says: GET, rampMs: 1600, stayMs: 500 });
    assertConfirmed(await place.watch(['--port', '9013'], load), 'gateway-restart');
  });

  it('node:cluster: workers that hold no listener are out of descriptors', async () => {
    const load = ['--load', '250', '--kind', 'http', '--timeout', '3s'];
    assertConfirmed(await place.diagnose('--port', '9011', ...load), 'fd-exhaustion');
  });

  it('one block of the event loop: event-loop-stall', async () => {
    const load = ['--load', '100', '--kind', 'http', '--timeout', '1500ms'];
    assertConfirmed(await place.diagnose('--port', '9012', ...load), 'event-loop-stall');
  });

  it('a worker that is killed takes its users with it: the server has not ended, and this is why they failed', async () => {
    // Another one: a worker that was out of descriptors has lost what it was handed, and takes no more.
    const primary = await place.serve(NODE, 9014, { env: { MODE: 'cluster' } });
    while (workersOf(primary).length < 2) await sleep(20);
    const descriptors = (pid: string) => readdirSync(`/proc/${pid}/fd`).length;
    const atRest = new Map(workersOf(primary).map((pid) => [pid, descriptors(pid)]));
    const busy = () => workersOf(primary).find((pid) => descriptors(pid) >= (atRest.get(pid) ?? 0) + 10);
    const diagnosed = await place.watch(['--port', '9014', '--load', '40', '--hold', '9s'], async () => {
      while (busy() === undefined) await sleep(20);
      await sleep(300);
      process.kill(Number(busy()), 'SIGKILL');
      await sleep(800);
    });
    // Only root is told by which signal it ended.
    assertConfirmed(diagnosed, process.getuid?.() === 0 ? 'killed' : 'app-timeout-or-panic');
    const { users } = diagnosed.document;
    assert.ok(users && users.open > 0 && users.failed > 0, 'those of the other worker stay');
  });
});
