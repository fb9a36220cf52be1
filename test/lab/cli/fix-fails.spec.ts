import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { skipWhenMissing } from '../../skip.ts';
import { oneIn } from '../../whole.ts';
import { lab, preloaded, type Result, scratch } from './lab.ts';

const it = oneIn(2);

const CASE = ['run', '--runtime', 'netns', '--set', 'nofile=100', '--users', '120', '--set', 'rounds=0'];

/** Ends the observer beside a gateway with more descriptors than the case has: the one with the fix. */
const NO_OBSERVER =
  'if (Number(process.env.GATEWAY_NOFILE) > 100) { console.error("no room here"); process.exit(5) }';
/** Breaks in the lab when the run with the fix is announced. */
const FAULT =
  'const { write } = process.stderr; process.stderr.write = function (text, ...more) {' +
  ' if (String(text).startsWith("fix:")) throw new TypeError("broken on purpose"); return write.call(this, text, ...more) }';

describe('lab run: the run with the fix comes to no result', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const folder = scratch();

  /** The verdict on the first run is told and kept, whatever became of the fix. */
  function firstVerdict({ stdout }: Result, runs: string, error: RegExp): VerdictDocument {
    const document = JSON.parse(stdout) as VerdictDocument;
    assert.deepEqual(
      document.verdicts.filter(({ verdict }) => verdict === 'confirmed').map(({ cause }) => cause),
      ['fd-exhaustion'],
    );
    assert.equal(document.complete, true);
    assert.match(document.fix?.change ?? '', /^nofile 100 → \d+$/);
    assert.equal(document.fix?.verified, false);
    assert.match(document.fix.error ?? '', error);
    assert.deepEqual(document.fix.users, { asked: 120, open: 0, failed: 0, by: [] });
    const made = join(runs, 'latest');
    assert.deepEqual(JSON.parse(readFileSync(join(made, 'verdict.json'), 'utf8')), document);
    assert.equal(JSON.parse(readFileSync(join(made, 'manifest.json'), 'utf8')).complete, true);
    const page = readFileSync(join(made, 'report.html'), 'utf8');
    assert.match(page, /fd-exhaustion/);
    assert.match(page, /not shown/);
    return document;
  }

  for (const [words, cause] of [
    ['the case of that cause', ['fd-exhaustion']],
    ['no case', []],
  ] as const) {
    it(`by the machine, with ${words}: 1, and one line`, async () => {
      const runs = join(folder(), `machine-${cause.length}`);
      const [verb, ...rest] = CASE;
      const args = [verb as string, ...cause, ...rest, '--json', '--runs', runs];
      const ended = await lab(args, { env: preloaded(NO_OBSERVER) });
      assert.equal(ended.code, 1, ended.stderr);
      firstVerdict(ended, runs, /^observer: did not start: no room here$/);
      const last = ended.stderr.trimEnd().split('\n').at(-1) ?? '';
      assert.match(
        last,
        /^lab: the fix was not verified: nofile 100 → \d+: observer: did not start: no room here$/,
      );
      assert.doesNotMatch(ended.stderr, /^\s+at /m);
    });
  }

  it('by a fault of ours: 70, with the stack', async () => {
    const runs = join(folder(), 'fault');
    const ended = await lab([...CASE, '--json', '--runs', runs], { env: preloaded(FAULT) });
    assert.equal(ended.code, 70, ended.stderr);
    firstVerdict(ended, runs, /^broken on purpose$/);
    assert.match(ended.stderr, /^lab: TypeError: broken on purpose\n\s+at /m);
    assert.match(ended.stderr, /please report it/);
  });

  it('for people: the verdict, and that the fix was not verified; the page can be made anew', async () => {
    const runs = join(folder(), 'text');
    const { code, stdout } = await lab([...CASE, '--runs', runs], { env: preloaded(NO_OBSERVER) });
    assert.equal(code, 1);
    assert.match(stdout, /^CAUSE +fd-exhaustion/m);
    assert.match(stdout, /^FIX +nofile 100 → \d+ {2}not shown: observer: did not start: no room here$/m);
    const again = await lab(['report', join(runs, 'latest')]);
    assert.equal(again.code, 0, again.stderr);
    assert.match(readFileSync(join(runs, 'latest/report.html'), 'utf8'), /not shown/);
  });
});
