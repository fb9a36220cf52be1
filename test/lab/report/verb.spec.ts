import assert from 'node:assert/strict';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { skip } from '../../skip.ts';
import { lab, scratch } from '../cli/lab.ts';
import { smallRun, sweep, thresholds } from './tools.ts';

describe('lab report', () => {
  const root = scratch();
  let run: VerdictDocument & { path: string };
  before(async function () {
    this.timeout(60_000);
    run = await smallRun(root());
  });

  /** A folder with one file. */
  function folderWith(name: string, file: string, content: object | string): string {
    const folder = join(root(), name);
    mkdirSync(folder);
    writeFileSync(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content));
    return folder;
  }

  it('makes from the folder of a run, byte for byte, what the run itself had made', async () => {
    const path = join(run.path, 'report.html');
    const made = readFileSync(path, 'utf8');
    rmSync(path);
    const { code, stdout, stderr } = await lab(['report', run.path]);
    assert.deepEqual([code, stdout, stderr], [0, `${path}\n`, '']);
    assert.equal(readFileSync(path, 'utf8'), made);
  });

  it('writes through no link: what it points to is another matter', async () => {
    const folder = join(root(), 'swapped');
    cpSync(run.path, folder, { recursive: true });
    const other = join(root(), 'other.txt');
    writeFileSync(other, 'precious');
    rmSync(join(folder, 'report.html'));
    symlinkSync(other, join(folder, 'report.html'));
    const files = readdirSync(folder);
    assert.equal((await lab(['report', folder])).code, 0);
    assert.equal(readFileSync(other, 'utf8'), 'precious');
    assert.ok(lstatSync(join(folder, 'report.html')).isFile());
    assert.deepEqual(readdirSync(folder), files);
  });

  it('takes a threshold and a sweep, and says with --json which it was', async () => {
    for (const [kind, document] of [
      ['threshold', thresholds(['64', '128'])],
      ['sweep', sweep(run, root())],
    ] as const) {
      const folder = folderWith(kind, `${kind}.json`, document);
      const { code, stdout } = await lab(['report', folder, '--json']);
      const path = join(folder, 'report.html');
      assert.deepEqual([code, JSON.parse(stdout)], [0, { kind, path }]);
      assert.match(readFileSync(path, 'utf8'), /<h1>/);
    }
  });

  it('links from a sweep to the report of each cell, as seen from where it lies', async () => {
    const folder = folderWith('linked', 'sweep.json', sweep(run, join(root(), 'linked')));
    await lab(['report', folder]);
    const [, href = ''] = /href="([^"]*)"/.exec(readFileSync(join(folder, 'report.html'), 'utf8')) ?? [];
    assert.equal(join(folder, href), join(run.path, 'report.html'));
  });

  it('a disk that is full is the machine, not the usage: one line', async function () {
    if (process.getuid?.() !== 0 || process.platform !== 'linux') skip(this, 'this user may not mount');
    const disk = join(root(), 'disk');
    mkdirSync(disk);
    const full =
      'mount -t tmpfs -o size=1m full "$1"; cp -r "$2/." "$1"; cat /dev/zero >"$1/x" 2>&-; shift 2; exec "$@"';
    const { code, stdout, stderr } = await lab(['report', disk], {
      prefix: ['unshare', '-m', 'sh', '-c', full, 'sh', disk, run.path],
    });
    assert.deepEqual([code, stdout], [3, ''], stderr);
    assert.match(stderr, /^lab: \S+: cannot be written: the disk is full \(ENOSPC\); make room there\n$/);
  }).timeout(30_000);

  it('refuses a folder without a run, or with one that cannot be read, in one line', async () => {
    const broken = join(root(), 'broken');
    cpSync(run.path, broken, { recursive: true });
    writeFileSync(join(broken, 'users.ndjson'), '{"event":"user"}\nnonsense\n');
    const cases: [string, RegExp][] = [
      [
        join(root(), 'nowhere'),
        /nowhere: no such folder; allowed: a folder that has one of manifest\.json, verdict\.json, /,
      ],
      [
        folderWith('other', 'x.txt', 'x'),
        /other: no run in it, manifest\.json is missing; allowed: a folder that has one of manifest\.json, /,
      ],
      [
        join(folderWith('file', 'x.txt', 'x'), 'x.txt'),
        /x\.txt: a file, not a folder; allowed: a folder that has one of manifest\.json, /,
      ],
      [
        folderWith('killed', 'manifest.json', { complete: false }),
        /killed before it had a result; allowed: /,
      ],
      [folderWith('text', 'verdict.json', 'nonsense'), /verdict\.json: not JSON$/m],
      [folderWith('later', 'sweep.json', { schema: 2 }), /sweep\.json: schema 2; allowed: 1$/m],
      [
        folderWith('bare', 'verdict.json', { schema: 1, host: {}, users: {} }),
        /verdict\.json: it has no settings, bets, threshold, verdicts; allowed: a file that the lab wrote$/m,
      ],
      [folderWith('empty', 'threshold.json', { schema: 1, points: [] }), /threshold\.json: it has no host; /],
      [broken, /users\.ndjson:2: not JSON$/m],
    ];
    await Promise.all(
      cases.map(async ([folder, says]) => {
        const { code, stdout, stderr } = await lab(['report', folder]);
        assert.equal(code, 2, stderr);
        assert.equal(stdout, '');
        assert.match(stderr, says);
        assert.equal(stderr.trim().split('\n').length, 1, stderr);
      }),
    );
  }).timeout(60_000);
});
