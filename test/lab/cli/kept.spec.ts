import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { Place } from '../../diagnose/place.ts';
import { skip, skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { assertFolder } from '../schemas/documents.ts';
import { lab, scratch, startLab } from './lab.ts';

const it = oneIn(2);

/** More than a line waits, and a sample is apart from the next; what a kill may cost. */
const LOST_MS = 1000;
const SERVER = join(PROJECT_ROOT, 'test/diagnose/servers/node.ts');

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));

/** When the last whole line of the series was said. */
function lastAt(folder: string): number {
  const lines = readFileSync(join(folder, 'samples.ndjson'), 'utf8').split('\n').slice(0, -1);
  return Math.max(...lines.map((line) => JSON.parse(line).at));
}

/** Kills the lab once it has said that, and was at work for a while. Gives when. */
async function killed({ child, ended, result }: ReturnType<typeof startLab>, said: RegExp): Promise<number> {
  try {
    for (let left = 200; !said.test(result.stderr); left -= 1) {
      assert.ok(left > 0 && child.exitCode === null, result.stderr);
      await sleep(100);
    }
    await sleep(1500);
    return Date.now();
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
}

describe('what a lab leaves that is killed, or has no room', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const runs = scratch();

  it('kill -9 in the middle of a run: at most a second is lost, and it is judged afterwards', async () => {
    const args = ['run', '--runtime', 'netns', '--users', '120', '--set', 'nofile=100', '--set', 'rounds=0'];
    const started = startLab([...args, '--set', 'hold_ms=20000', '--runs', runs()]);
    const at = await killed(started, /open/);
    const made = realpathSync(join(runs(), 'latest'));
    assert.ok(lastAt(made) >= at - LOST_MS, `${at - lastAt(made)} ms are lost`);
    assert.ok(!existsSync(join(made, 'verdict.json')));
    assertFolder(made);
    const { code, stdout, stderr } = await lab(['report', made]);
    assert.deepEqual([code, stdout], [0, `${join(made, 'report.html')}\n`]);
    assert.match(stderr, /^incomplete: not all was measured or kept; \S+\/report\.html tells of what was\n$/);
    const { complete, users, settings, path } = json(made, 'verdict.json') as VerdictDocument;
    assert.equal(complete, false);
    assert.equal(users.asked, 120);
    assert.equal(users.open, 0, 'they had not ended');
    assert.ok(users.failed > 0, 'these had failed for good');
    assert.equal(settings.nofile, 100);
    assert.equal(path, made);
    assert.match(readFileSync(join(made, 'report.html'), 'utf8'), /incomplete/i);
    assert.ok(assertFolder(made).includes('verdict.json'));
  });

  it('a disk that gets full in the middle: one line, and the verdict', async function () {
    const own = process.getuid?.() === 0 ? ['unshare', '-m'] : undefined;
    if (own === undefined) skip(this, 'this user may not mount');
    const disk = join(runs(), 'disk');
    mkdirSync(disk);
    const small = 'mount -t tmpfs -o size=32k full "$1"; shift; exec "$@"';
    const { code, stdout, stderr } = await lab(
      ['run', '--runtime', 'netns', '--users', '50', '--set', 'rounds=0', '--json', '--runs', disk],
      { prefix: [...(own ?? []), 'sh', '-c', small, 'sh', disk] },
    );
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as VerdictDocument).complete, true);
    const told = stderr.split('\n').filter((line) => line.startsWith('lab: '));
    assert.equal(told.length, 1, stderr);
    assert.match(told[0] ?? '', /^lab: \S+\/disk\/\S+\.(ndjson|json|html): the disk is full \(ENOSPC\): /);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });

  it('a folder that is removed in the middle: one line, and the verdict', async () => {
    const root = join(runs(), 'gone');
    const started = startLab(
      [
        'run',
        '--runtime',
        'netns',
        '--users',
        '20',
        '--set',
        'rounds=0',
        '--set',
        'hold_ms=2000',
        '--json',
      ].concat('--runs', root),
    );
    for (let left = 200; !/open/.test(started.result.stderr); left -= 1) {
      assert.ok(left > 0);
      await sleep(50);
    }
    rmSync(realpathSync(join(root, 'latest')), { recursive: true });
    const { code, stdout, stderr } = await started.ended;
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as VerdictDocument).complete, true);
    assert.match(stderr, /^lab: \S+\/gone\/\S+: the folder is gone \(ENOENT\): /m);
    assert.equal(stderr.split('\n').filter((line) => line.startsWith('lab: ')).length, 1, stderr);
  });
});

describe('the folder of a diagnosis', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const runs = scratch();
  let place: Place;
  before(async () => {
    place = await Place.make();
    await place.serve([process.execPath, SERVER], 9001, { nofile: 80 });
  });
  after(() => place[Symbol.asyncDispose]());

  it('with a load of ours: all of it, and judged again the same', async () => {
    const args = [
      'diagnose',
      '--port',
      '9001',
      '--load',
      '120',
      '--timeout',
      '1s',
      '--json',
      '--runs',
      runs(),
    ];
    const { stdout, stderr } = await lab(args, { prefix: place.enter });
    const document = JSON.parse(stdout) as DiagnosisDocument;
    const path = document.path as string;
    assert.equal(realpathSync(join(runs(), 'latest')), realpathSync(path));
    assert.match(path, /-diagnose$/);
    assert.match(stderr, /^report: \S+-diagnose\/report\.html$/m);
    assert.deepEqual(
      readdirSync(path)
        .filter((file) => file !== 'connections.ndjson')
        .sort(),
      ['manifest.json', 'report.html', 'samples.ndjson', 'users.ndjson', 'verdict.json'],
    );
    assert.deepEqual(json(path, 'verdict.json'), document);
    assert.equal(json(path, 'manifest.json').complete, true);
    assert.deepEqual(json(path, 'manifest.json').wanted, { port: 9001 });
    const [verdict, page] = ['verdict.json', 'report.html'].map((file) =>
      readFileSync(join(path, file), 'utf8'),
    );
    assert.match(page ?? '', /port 9001/);
    const again = await lab(['report', path]);
    assert.deepEqual([again.code, again.stderr], [0, '']);
    assert.equal(readFileSync(join(path, 'verdict.json'), 'utf8'), verdict);
    assert.equal(readFileSync(join(path, 'report.html'), 'utf8'), page);
  });

  it('killed in the middle: at most a second is lost, and it is judged afterwards', async () => {
    const started = startLab(['diagnose', '--port', '9001', '--runs', runs()], { prefix: place.enter });
    const at = await killed(started, /^watching/m);
    const made = realpathSync(join(runs(), 'latest'));
    assert.ok(lastAt(made) >= at - LOST_MS, `${at - lastAt(made)} ms are lost`);
    const { code, stderr } = await lab(['report', made]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^incomplete: [^\n]+\n$/);
    const { complete, target, watched } = json(made, 'verdict.json') as DiagnosisDocument;
    assert.equal(complete, false);
    assert.equal(target.port, 9001);
    assert.ok(watched.samples > 3);
    assert.ok(assertFolder(made).includes('verdict.json'));
  });

  it('a disk that gets full: one line, the verdict, and no page is named that is not there', async function () {
    if (process.getuid?.() !== 0) skip(this, 'this user may not mount');
    const disk = join(runs(), 'full');
    mkdirSync(disk);
    const small = 'mount -t tmpfs -o size=16k full "$1"; shift; exec "$@"';
    const { code, stdout, stderr } = await lab(
      ['diagnose', '--port', '9001', '--load', '20', '--hold', '500ms', '--runs', disk],
      { prefix: [...place.enter, 'unshare', '-m', 'sh', '-c', small, 'sh', disk] },
    );
    assert.equal(code, 0, stderr);
    assert.match(stdout, /20 requested, 20 open/);
    assert.doesNotMatch(stdout, /report:/);
    assert.match(stderr, /^lab: \S+: the disk is full \(ENOSPC\): [^\n]+$/m);
  });

  it('a folder that may not be written, as an ordinary user: one line', async function () {
    if (process.getuid?.() !== 0) skip(this, 'takes root, to be another user');
    const shut = join(runs(), 'shut');
    mkdirSync(shut);
    chmodSync(shut, 0o755);
    chmodSync(runs(), 0o755);
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
    const { code, stdout, stderr } = await lab(
      ['diagnose', '--port', '9001', '--for', '300ms', '--json', '--runs', shut],
      { prefix: [...place.enter, ...nobody] },
    );
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^lab: --runs \S+shut: this user may not write there \(EACCES\); allowed: [^\n]+\n$/,
    );
  });
});
