import assert from 'node:assert/strict';
import type { CheckedItem } from '../../lab/diagnose/shell-commands.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { hasCommand } from '../../system/apt.ts';
import { lab } from '../lab/cli/lab.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { buildGo, Place, skipWithout } from './place.ts';
import { assertConfirmed, assertHealthy } from './verdicts.ts';

const it = oneIn(2);

const GET = 'GET / HTTP/1.1\\nHost: a\\n\\n';

describe('lab diagnose: net/http of Go with few descriptors: it accepts no more, and resets nobody', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('go');
  let place: Place;
  let server: string;
  let pid: number;
  before(async function () {
    // Where nothing has compiled the library yet.
    this.timeout(300_000);
    place = await Place.make();
    server = buildGo(place);
    pid = await place.serve([server], 9001, { nofile: 64 });
    await place.serve([server], 9002, { nofile: 1024 });
  });
  after(() => place?.[Symbol.asyncDispose]());

  it('robots of ours: fd-exhaustion, by as many as the law says', async () => {
    const diagnosed = await place.diagnose(
      '--port',
      '9001',
      '--load',
      '120',
      '--kind',
      'http',
      '--timeout',
      '2s',
    );
    assertConfirmed(diagnosed, 'fd-exhaustion');
    const { users, threshold, settings, target } = diagnosed.document;
    assert.equal(diagnosed.code, 0);
    assert.deepEqual([users?.asked, users?.open], [120, threshold?.predicted]);
    assert.deepEqual([settings.nofile, target.pid, target.port], [64, pid, 9001]);
  });

  it('bare connections: open for the client alone are not open', async () => {
    const diagnosed = await place.diagnose('--pid', String(pid), '--load', '120', '--hold', '1500ms');
    assertConfirmed(diagnosed, 'fd-exhaustion');
    assert.equal(diagnosed.document.users?.open, diagnosed.document.threshold?.predicted);
  });

  it("somebody else's load: fd-exhaustion, though nothing is reset", async () => {
    const diagnosed = await place.watch(['--port', '9001'], () => place.clients(9001, 120, { says: GET }));
    assertConfirmed(diagnosed, 'fd-exhaustion');
    assert.equal(diagnosed.document.users, null);
  });

  it('with descriptors to spare nothing is confirmed', async () => {
    assertHealthy(
      await place.diagnose('--port', '9002', '--load', '120', '--kind', 'http', '--hold', '300ms'),
    );
  });

  it("nothing by somebody else's load either, beside a neighbour whose clients come and are served", async () => {
    await place.serve([server], 9003, { nofile: 1024 });
    const load = async () => {
      const neighbours = place.clients(9003, 200, { says: GET, rampMs: 500, stayMs: 300 });
      await place.clients(9002, 120, { says: GET });
      await neighbours;
    };
    assertHealthy(await place.watch(['--port', '9002', '--for', '3s'], load));
  });

  it('figures can be checked by hand', async function () {
    if (!hasCommand('nstat') || !hasCommand('ss')) skip(this, 'no nstat or no ss on this machine');
    const { document } = await place.diagnose('--port', '9002', '--load', '20', '--hold', '300ms');
    const items = document.verdicts.flatMap((verdict): CheckedItem[] => [...verdict.for, ...verdict.against]);
    const counters = items.filter(({ byHand }) => byHand?.includes('nstat'));
    assert.ok(counters.length > 0);
    for (const { name, after, byHand } of counters.filter(({ name }) => /^\w+ \w+$/.test(name))) {
      const said = /^\w+\s+(\d+)/m.exec(place.run(byHand as string).replace(/^#.*\n/, ''))?.[1];
      assert.equal(Number(said), after, `${name}: ${byHand}`);
    }
    const fds = items.find(({ byHand }) => byHand?.startsWith('ls '));
    assert.equal(Number(place.run(fds?.byHand ?? '')), fds?.before);
    // One that watches does not end by itself.
    const ends = (byHand: string) => !byHand.startsWith('cat /proc/') && !byHand.includes('ss -E');
    for (const { byHand } of items) if (byHand && ends(byHand)) place.run(byHand);
  });

  it('from outside of its namespace, by its pid', async function () {
    if (process.getuid?.() !== 0) skip(this, 'only root enters the namespace of others');
    const { code, stdout } = await lab([
      'diagnose',
      '--json',
      '--pid',
      String(pid),
      '--load',
      '20',
      '--hold',
      '300ms',
    ]);
    assert.equal(code, 0);
    const { target, users } = JSON.parse(stdout);
    assert.deepEqual([target.elsewhere, target.port, users.open], [true, 9001, 20]);
  });
});
