import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { ending } from '../../scripts/test/ending.ts';
import { dockerPolicy } from '../../scripts/test/environments.ts';
import { sum, summary, type Tally, tally } from '../../scripts/test/tally.ts';
import { ROOT, run, start, temporaryFolder, until } from './tools.ts';

/** Starts our way of running mocha, on one spec file with this text, in a process of its own. */
function mocha(folder: string, spec: string, env: NodeJS.ProcessEnv = {}, files = '*.spec.ts', own = {}) {
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'a.spec.ts'), spec);
  const script = `
    import { runMocha } from '${ROOT}/scripts/test/mocha.ts';
    import { catchSignals } from '${ROOT}/scripts/test/child.ts';
    catchSignals();
    const tally = await runMocha({ files: ['${folder}/${files}'], patience: 300, env: ${JSON.stringify(own)} });
    console.log(JSON.stringify(tally));`;
  const child = start(process.execPath, ['--input-type=module', '-e', script], {
    env: { ...process.env, ...env },
  });
  const given = async (): Promise<Tally> =>
    JSON.parse((await child.ended).stdout.trim().split('\n').at(-1) ?? '');
  return { ...child, given };
}

const NO = { title: 'it fails', why: 'no' };

describe('npm test, running mocha', () => {
  it('counts what passed and failed, and says why tests were skipped', async () => {
    using folder = temporaryFolder();
    const spec = `describe('it', () => {
      it('passes', () => {});
      it('fails', () => { throw new Error('no'); });
      it('explains', function (this: Mocha.Context) { this.why = 'not today'; this.skip(); });
      it('waits');
    });`;
    const skipped = [
      { title: 'it explains', why: 'not today' },
      { title: 'it waits', why: 'no engine' },
    ];
    const given = await mocha(folder.path, spec, { RESETLAB_DOCKER_MISSING: 'no engine' }).given();
    assert.deepEqual(given, tally({ passed: 1, failed: [NO], skipped }));
  });

  for (const [what, spec, says] of [
    ['ends before its report', `it('leaves', () => process.exit(0));`, /^mocha ended with code 0 before/],
    ['cannot be loaded', `import './no-such-file.ts';`, /^mocha ended with code 1 before/],
    ['has a forgotten .only', `it.only('one', () => {});`, /^mocha ended with code 1 before/],
    ['fails in a hook', `before(() => { throw new Error('no'); }); it('one', () => {});`, /^no$/],
  ] as const) {
    it(`counts as failed a run that ${what}`, async () => {
      using folder = temporaryFolder();
      const given = await mocha(folder.path, spec).given();
      assert.match(given.failed[0]?.why ?? '', says);
      assert.equal(summary(given), '0 passed, 1 failed');
    });
  }

  it('runs a file with failures once more, alone, and tells what passed then, and what was measured again', async () => {
    using folder = temporaryFolder();
    const spec = `import { existsSync, writeFileSync } from 'node:fs';
    import { measuredAgain } from '${ROOT}/test/again.ts';
    const mark = '${folder.path}/again';
    describe('it', () => {
      it('passes', function (this: Mocha.Context) { measuredAgain(this, ['late', 'away']); });
      it('fails', () => { throw new Error('no'); });
      it('is skipped at last', function (this: Mocha.Context) {
        if (existsSync(mark)) this.skip();
        throw new Error('the engine is gone');
      });
      it('fails at first', () => {
        if (existsSync(mark)) return;
        writeFileSync(mark, '');
        setInterval(() => {}, 1000);
        throw new Error('no');
      });
    });`;
    const failed = [NO, { title: 'it is skipped at last', why: 'the engine is gone' }];
    const unsteady = [{ title: 'it fails at first', why: 'no' }];
    const again = ['late', 'away', 'late', 'away'].map((why) => ({ title: 'it passes', why }));
    const given = await mocha(folder.path, spec).given();
    assert.deepEqual(given, tally({ passed: 2, failed, unsteady, again }));
  });

  it('runs nothing again where many files have failures', async () => {
    using folder = temporaryFolder();
    const spec = `import { existsSync, writeFileSync } from 'node:fs';
      import { basename } from 'node:path';
      const mark = '${folder.path}/' + basename(import.meta.filename);
      it('fails at first', () => {
        if (existsSync(mark + '.again')) return;
        writeFileSync(mark + '.again', '');
        throw new Error('no');
      });`;
    for (const name of ['b', 'c', 'd']) writeFileSync(join(folder.path, `${name}.spec.ts`), spec);
    const failed = Array(4).fill({ title: 'fails at first', why: 'no' });
    assert.deepEqual(await mocha(folder.path, spec).given(), tally({ failed }));
  });

  it('runs groups in lanes: two side by side, the third when one of them has ended; each says its own', async () => {
    using folder = temporaryFolder();
    const at = (name: string) => JSON.stringify(join(folder.path, name));
    const meets = (own: string, other: string) => `import { existsSync, writeFileSync } from 'node:fs';
      it('${own}', async () => {
        writeFileSync(${at(own)}, '');
        while (!existsSync(${at(other)})) await new Promise((go) => setTimeout(go, 20));
        await new Promise((go) => setTimeout(go, 500));
        writeFileSync(${at('over')}, '');
      });`;
    writeFileSync(join(folder.path, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder.path, 'a.spec.ts'), meets('a', 'b'));
    writeFileSync(join(folder.path, 'b.spec.ts'), meets('b', 'a'));
    const third = `import { existsSync } from 'node:fs';
      it('c', () => { if (!existsSync(${at('over')})) throw new Error('too early'); });`;
    writeFileSync(join(folder.path, 'c.spec.ts'), third);
    const groups = ['a', 'b', 'c'].map((name) => ({ files: [join(folder.path, `${name}.spec.ts`)] }));
    const script = `
      import { runSideBySide } from '${ROOT}/scripts/test/mocha.ts';
      const tally = await runSideBySide(2, ...${JSON.stringify(groups)});
      console.log(JSON.stringify(tally));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    const said = stdout.trim().split('\n');
    assert.deepEqual(JSON.parse(said.at(-1) ?? ''), tally({ passed: 3 }));
    assert.deepEqual(stripVTControlCharacters(stdout).match(/(?<=✔ )\w/g), ['a', 'b', 'c']);
  });

  it('skips tests that need an engine where there is none, without running their hooks', async () => {
    using folder = temporaryFolder();
    const spec = `describe('in a container', () => {
      before(() => { throw new Error('no'); });
      it('runs', () => {});
    });`;
    const env = { RESETLAB_DOCKER_MISSING: 'no engine' };
    const skipped = [{ title: 'in a container runs', why: 'no engine' }];
    assert.deepEqual(await mocha(folder.path, spec, {}, '*.spec.ts', env).given(), tally({ skipped }));
  });

  it('counts as failed a run without a spec file', async () => {
    using folder = temporaryFolder();
    const given = await mocha(folder.path, '', {}, '*.test.ts').given();
    assert.match(given.failed[0]?.why ?? '', /^no spec file matches/);
    assert.equal(summary(given), '0 passed, 1 failed');
  });

  it('counts as failed a run that does not end', async () => {
    using folder = temporaryFolder();
    const spec = `it('leaves something open', () => { setInterval(() => {}, 1000); });`;
    const given = await mocha(folder.path, spec).given();
    assert.match(given.failed[0]?.why ?? '', /^the tests are over, but something they left open/);
    assert.equal(summary(given), '1 passed, 1 failed');
  });

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`ends in good order on ${signal}`, async () => {
      using folder = temporaryFolder();
      const spec = `import { writeFileSync } from 'node:fs';
        describe('it', () => {
          after(() => writeFileSync('${folder.path}/cleaned', ''));
          it('takes long', async () => {
            writeFileSync('${folder.path}/begun', '');
            await new Promise(() => setTimeout(() => {}, 20));
          }).timeout(60_000);
          it('is not begun', () => writeFileSync('${folder.path}/second', ''));
        });`;
      const { child, given } = mocha(folder.path, spec);
      await until(() => existsSync(join(folder.path, 'begun')));
      child.kill(signal);
      assert.equal(summary(await given()), '0 passed, 1 failed');
      assert.ok(existsSync(join(folder.path, 'cleaned')));
      assert.ok(!existsSync(join(folder.path, 'second')));
    });
  }
});

describe('npm test', () => {
  it('refuses in one line what it does not know', async () => {
    const wrong: [string[], NodeJS.ProcessEnv, RegExp][] = [
      [['--only', 'unit,fast'], {}, /--only fast is not a step: types, lint, unit/],
      [['--quick'], {}, /--quick/],
      [[], { RESETLAB_SEED: 'abc' }, /RESETLAB_SEED=abc is no seed: a whole number of at most 15 digits/],
      [[], { RESETLAB_DOCKER: 'maybe' }, /RESETLAB_DOCKER=maybe is not known: required, auto or off/],
    ];
    for (const [args, env, says] of wrong) {
      const ended = await run(process.execPath, [join(ROOT, 'scripts/test.ts'), ...args], {
        env: { ...process.env, ...env },
      });
      assert.equal(ended.code, 2);
      assert.match(ended.stderr, says);
      assert.match(ended.stderr, /^[^\n]+\n$/);
    }
  });

  it('requires an engine on CI machines, and where it was asked to', () => {
    assert.equal(dockerPolicy({}), 'auto');
    assert.equal(dockerPolicy({ CI: 'true' }), 'required');
    assert.equal(dockerPolicy({ CI: 'false' }), 'auto');
    assert.equal(dockerPolicy({ CI: 'true', RESETLAB_DOCKER: 'off' }), 'off');
    assert.equal(dockerPolicy({ RESETLAB_DOCKER: 'required' }), 'required');
  });

  it('sums up in one line', () => {
    const one = tally({ passed: 2, failed: [NO] });
    const other = tally({ passed: 40, skipped: [{ title: 'x', why: 'y' }] });
    assert.equal(summary(sum([one, one])), '4 passed, 2 failed');
    assert.equal(summary(sum([one, other])), '42 passed, 1 failed, 1 skipped');
  });

  it('ends with what was measured again, the unsteady tests by name, and then the tally', async () => {
    const three = ['a', 'b', 'c'].map((title) => ({ title, why: 'no' }));
    const again = [{ title: 'a law', why: 'late' }];
    const few = ending(tally({ passed: 5, unsteady: three, again }));
    assert.deepEqual(few.last, ['1 measured again', '3 unsteady: a; b; c', '5 passed, 0 failed']);
    assert.deepEqual(few.reasons.slice(0, 2), [
      'measured again: a law (late)',
      'unsteady: a (failed beside others, passed alone: no)',
    ]);
    assert.equal(few.code, 0);
    // Nothing matches: nothing has passed, and nothing is unsteady.
    const args = ['--only', 'native', '--grep', 'no test has this title'];
    const { code, stdout } = await run(process.execPath, [join(ROOT, 'scripts/test.ts'), ...args]);
    assert.deepEqual(
      [code, stdout.split('\n').slice(-4)],
      [0, ['0 measured again', '0 unsteady', '0 passed, 0 failed', '']],
    );
  });

  it('fails with more than three unsteady tests, each of them', () => {
    const four = ['a', 'b', 'c', 'd'].map((title) => ({ title, why: 'no' }));
    const many = ending(tally({ passed: 5, unsteady: four }));
    assert.deepEqual(many.last, ['0 measured again', '4 unsteady: a; b; c; d', '1 passed, 4 failed']);
    assert.deepEqual(
      many.reasons,
      ['a', 'b', 'c', 'd'].map((title) => `failed: ${title} (failed beside others, passed alone: no)`),
    );
    assert.equal(many.code, 1);
  });
});
