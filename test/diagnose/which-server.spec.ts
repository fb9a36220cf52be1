import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { lab, startLab } from '../lab/cli/lab.ts';
import { skip, skipWhenMissing } from '../skip.ts';
import { oneIn } from '../whole.ts';
import { Place, skipWithout, sleep } from './place.ts';
import { assertHealthy } from './verdicts.ts';

const it = oneIn(2);

const KIN = ['python3', join(PROJECT_ROOT, 'test/diagnose/servers/kin.py')];
const GET = 'GET / HTTP/1.1\\nHost: a\\n\\n';
/** Another user than root, without a right of its own. */
const NOBODY = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups', '--'];
/** In a mount namespace of its own, with a /proc that is mounted like that. */
const withProc = (options: string) => [
  ...['unshare', '--mount', 'sh', '-c', `mount -t proc -o ${options} proc /proc && exec "$@"`, 'sh'],
  ...NOBODY,
];

interface Refused {
  code: number | null;
  says: RegExp;
}

async function assertRefused(args: string[], prefix: string[], { code, says }: Refused): Promise<void> {
  const ended = await startLab(['diagnose', '--json', ...args], { prefix }).ended;
  assert.deepEqual([ended.code, ended.stdout], [code, ''], ended.stderr);
  assert.match(ended.stderr, says);
  assert.equal(ended.stderr.trim().split('\n').length, 1, ended.stderr);
}

describe('lab diagnose: which server, and whether it can be looked at', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  skipWithout('python3');
  let place: Place;
  let [one, two] = [0, 0];
  before(async () => {
    place = await Place.make();
    one = await place.serve(KIN, 9031, { env: { HOST: '127.0.0.1' } });
    two = await place.serve(KIN, 9031, { env: { HOST: '127.0.0.2' } });
    // It waits for the port alone, which the first listens on.
    while (!place.run('ss -ltnH').includes('127.0.0.2:9031')) await sleep(20);
  });
  after(() => place?.[Symbol.asyncDispose]());
  const asNobody = (context: Mocha.Context) => {
    if (process.getuid?.() !== 0) skip(context, 'it takes root to become another user');
    if (spawnSync(NOBODY[0] as string, [...NOBODY.slice(1), process.execPath, '-e', '']).status !== 0)
      skip(context, 'another user may not read this folder');
  };

  it('two servers on one port: both are named, and which is asked', () =>
    assertRefused(['--port', '9031'], place.enter, {
      code: 2,
      says: new RegExp(
        `--port 9031: 2 servers listen on port 9031: 127\\.0\\.0\\.1 \\(python3, --pid ${one}\\), 127\\.0\\.0\\.2 \\(python3, --pid ${two}\\); add --pid with one of these, or --address with one of 127\\.0\\.0\\.1, 127\\.0\\.0\\.2`,
      ),
    }));

  it('an address at which nobody listens: those that are allowed', async () => {
    const says =
      /--address 127\.0\.0\.9: nobody listens there on port 9031; allowed: 127\.0\.0\.1, 127\.0\.0\.2/;
    await assertRefused(['--port', '9031', '--address', '127.0.0.9'], place.enter, { code: 2, says });
    const { code, stderr } = await lab(['diagnose', '--port', '9031', '--address', 'x']);
    assert.equal(code, 2);
    assert.match(stderr, /--address x: allowed: an IPv4 or IPv6 address/);
  });

  it('by --pid, or by --address: the counts are of that one alone', async () => {
    const clients = () => place.clients(9031, 30, { says: GET, stayMs: 700 });
    for (const [args, pid, held] of [
      [['--pid', String(two)], two, 0],
      [['--port', '9031', '--address', '127.0.0.2'], two, 0],
      [['--port', '9031', '--address', '127.0.0.1'], one, 30],
    ] as const) {
      const diagnosed = await place.watch([...args], clients);
      const { target, counted } = diagnosed.document;
      assert.deepEqual([target.pids, counted.held], [[pid], held], args.join(' '));
      assertHealthy(diagnosed);
    }
  });

  it('a server on every address, beside one on the usual one: robots come to the right one', async () => {
    const all = await place.serve(KIN, 9032, { env: { HOST: '0.0.0.0', REUSEPORT: '1' } });
    await place.serve(KIN, 9032, { env: { HOST: '127.0.0.1', REUSEPORT: '1' } });
    while (!place.run('ss -ltnH').includes('127.0.0.1:9032')) await sleep(20);
    const load = ['--load', '20', '--kind', 'http', '--hold', '500ms'];
    const { document } = await place.diagnose('--pid', String(all), '--port', '9032', ...load);
    assert.deepEqual(
      [document.target.addresses, document.users?.open, document.counted.held],
      [['0.0.0.0'], 20, 20],
    );
  });

  it('two processes with a listener each at one address (SO_REUSEPORT) are one server', async () => {
    const env = { REUSEPORT: '1' };
    const pids = [await place.serve(KIN, 9033, { env }), await place.serve(KIN, 9033, { env })];
    while (place.run('ss -ltnH "sport = :9033"').trim().split('\n').length < 2) await sleep(20);
    const diagnosed = await place.watch(['--pid', String(pids[0])], () =>
      place.clients(9033, 40, { says: GET, stayMs: 700 }),
    );
    assert.deepEqual([diagnosed.document.target.pids, diagnosed.document.counted.held], [pids, 40]);
  });

  it('an address that holds on one interface alone: robots reach it by that one', async () => {
    place.run('ip addr add fe80::5/64 dev lo nodad');
    await place.serve(KIN, 9034, { env: { HOST: 'fe80::5%lo' } });
    const load = ['--load', '10', '--kind', 'http', '--hold', '300ms'];
    const { document } = await place.diagnose('--port', '9034', ...load);
    assert.deepEqual([document.target.addresses, document.users?.open], [['fe80::5%lo'], 10]);
  });

  it('an ordinary user, who may not see whose they are: --address', async function () {
    asNobody(this);
    const prefix = [...place.enter, ...NOBODY];
    await assertRefused(['--port', '9031'], prefix, {
      code: 2,
      says: /127\.0\.0\.1 \(of a process that this user may not see\).*; add --address with one of 127\.0\.0\.1, 127\.0\.0\.2/,
    });
    const args = ['diagnose', '--json', '--port', '9031', '--address', '127.0.0.2', '--for', '500ms'];
    const { code, stdout, stderr } = await startLab(args, { prefix }).ended;
    assert.equal(code, 0, stderr);
    assert.match(
      JSON.parse(stdout).unseen.join(),
      /which process has port 9031, .*run as root, or as the server's user/,
    );
  });

  it('processes of others are hidden (hidepid): it says so, and goes by the port', async function () {
    asNobody(this);
    const prefix = [...place.enter, ...withProc('hidepid=invisible')];
    for (const way of [prefix, withProc('hidepid=noaccess')])
      await assertRefused(['--pid', String(one)], way, {
        code: 3,
        says: /no process that this user can see, and \/proc hides those of others \(hidepid\); run as root/,
      });
    const args = ['diagnose', '--json', '--port', '9031', '--address', '127.0.0.2', '--for', '500ms'];
    const { code, stdout, stderr } = await startLab(args, { prefix }).ended;
    assert.equal(code, 0, stderr);
    assert.match(
      JSON.parse(stdout).unseen.join(),
      /which process has port 9031, .*run as root, or as the server's user/,
    );
  });

  it('a namespace that can be read and not entered: watched from outside, and robots are refused', async function () {
    asNobody(this);
    await assertRefused(['--pid', String(one), '--load', '5', '--port', '9031'], NOBODY, {
      code: 3,
      says: /--load: the server is in another network namespace, which this user may not enter/,
    });
  });

  it('a server that ends while it is looked for: one line, whenever that is', async () => {
    const says =
      /^lab: --p(id|ort) \d+: (no such process|this process listens on no TCP port|the server ended during the search)/;
    let refused = 0;
    for (const afterMs of [100, 250, 400, 550, 700, 850]) {
      const pid = await place.serve(KIN, 9035);
      const begun = startLab(['diagnose', '--json', '--pid', String(pid), '--for', '100ms']);
      await sleep(afterMs);
      process.kill(pid, 'SIGKILL');
      const { code, stderr, stdout } = await begun.ended;
      if (stderr.includes('watching'))
        assert.equal(JSON.parse(stdout).target.port, 9035, 'it was found before');
      else {
        refused += 1;
        assert.deepEqual([code, stdout], [2, ''], stderr);
        assert.match(stderr, says);
        assert.equal(stderr.trim().split('\n').length, 1, stderr);
      }
      while (place.run('ss -ltnH "sport = :9035"') !== '') await sleep(20);
    }
    assert.ok(refused > 0, 'none ended soon enough');
  });
});
