import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeSticky, RunFolder } from '../../../lab/run/run-folder.ts';
import { scratch } from '../cli/lab.ts';

describe('the folder of runs', () => {
  const root = scratch();
  const modeOf = (path: string) => (statSync(path).mode & 0o7777).toString(8);

  it('where everybody may write becomes sticky; any other stays as it is', () => {
    for (const [before, after] of [
      [0o777, '1777'],
      [0o2777, '3777'],
      [0o1777, '1777'],
      [0o775, '775'],
      [0o700, '700'],
    ] as const) {
      chmodSync(root(), before);
      makeSticky(root());
      assert.equal(modeOf(root()), after);
    }
  });

  it('makes a run in a folder that was not there, never behind a link or in what somebody has put there', () => {
    const now = new Date('2026-01-02T03:04:05Z');
    const victim = join(root(), 'victim');
    mkdirSync(victim);
    const runs = join(root(), 'runs');
    mkdirSync(runs);
    symlinkSync(victim, join(runs, '20260102-030405-x'));
    symlinkSync(join(root(), 'nowhere'), join(runs, '20260102-030405-x-2'));
    mkdirSync(join(runs, '20260102-030405-x-3'));
    const { path } = new RunFolder(runs, 'x', {}, now);
    assert.equal(path, join(runs, '20260102-030405-x-4'));
    assert.deepEqual(readdirSync(path), ['manifest.json']);
    assert.deepEqual(readdirSync(victim), []);
    assert.ok(!existsSync(join(root(), 'nowhere')));
  });

  it('a manifest is complete only where all evidence was kept; a page that could not be written is made anew', async () => {
    const completeWithout = async (file: string) => {
      const folder = new RunFolder(join(root(), file), 'x', {});
      mkdirSync(join(folder.path, file));
      await folder.evidence().end();
      folder.write('report.html', '');
      folder.writeManifest({ complete: true });
      return JSON.parse(readFileSync(join(folder.path, 'manifest.json'), 'utf8')).complete;
    };
    assert.equal(await completeWithout('users.ndjson'), false);
    assert.equal(await completeWithout('report.html'), true);
  });
});
