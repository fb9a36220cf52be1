import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policy } from '../../scripts/test/docker.ts';
import { sum, summary, type Tally } from '../../scripts/test/tally.ts';
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
  const tally = async (): Promise<Tally> =>
    JSON.parse((await child.ended).stdout.trim().split('\n').at(-1) ?? '');
  return { ...child, tally };
}

describe('npm test, running mocha', () => {
  it('counts what passed and failed, and says why tests were skipped', async () => {
    using folder = temporaryFolder();
    const spec = `describe('it', () => {
      it('passes', () => {});
      it('fails', () => { throw new Error('no'); });
      it('explains', function (this: Mocha.Context) { this.why = 'not today'; this.skip(); });
      it('waits');
    });`;
    const tally = await mocha(folder.path, spec, {
      RESETLAB_DOCKER_MISSING: 'no engine',
    }).tally();
    assert.deepEqual(tally, {
      passed: 1,
      failed: 1,
      skipped: [
        { title: 'it explains', why: 'not today' },
        { title: 'it waits', why: 'no engine' },
      ],
      unsteady: [],
    });
  });

  for (const [what, spec] of [
    ['ends before its report', `it('leaves', () => process.exit(0));`],
    ['cannot be loaded', `import './no-such-file.ts';`],
    ['has a forgotten .only', `it.only('one', () => {});`],
    ['fails in a hook', `before(() => { throw new Error('no'); }); it('one', () => {});`],
  ] as const) {
    it(`counts as failed a run that ${what}`, async () => {
      using folder = temporaryFolder();
      assert.deepEqual(await mocha(folder.path, spec).tally(), {
        passed: 0,
        failed: 1,
        skipped: [],
        unsteady: [],
      });
    });
  }

  it('runs a file with failures once more, alone, and tells what passed then', async () => {
    using folder = temporaryFolder();
    const spec = `import { existsSync, writeFileSync } from 'node:fs';
    describe('it', () => {
      it('passes', () => {});
      it('fails', () => { throw new Error('no'); });
      it('fails at first', () => {
        if (existsSync('${folder.path}/again')) return;
        writeFileSync('${folder.path}/again', '');
        setInterval(() => {}, 1000);
        throw new Error('no');
      });
    });`;
    assert.deepEqual(await mocha(folder.path, spec).tally(), {
      passed: 2,
      failed: 1,
      skipped: [],
      unsteady: ['it fails at first'],
    });
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
    const tally = await mocha(folder.path, spec).tally();
    assert.deepEqual(tally, { passed: 0, failed: 4, skipped: [], unsteady: [] });
  });

  it('skips tests that need an engine where there is none, without running their hooks', async () => {
    using folder = temporaryFolder();
    const spec = `describe('in a container', () => {
      before(() => { throw new Error('no'); });
      it('runs', () => {});
    });`;
    const env = { RESETLAB_DOCKER_MISSING: 'no engine' };
    const tally = await mocha(folder.path, spec, {}, '*.spec.ts', env).tally();
    assert.deepEqual(tally, {
      passed: 0,
      failed: 0,
      skipped: [{ title: 'in a container runs', why: 'no engine' }],
      unsteady: [],
    });
  });

  it('counts as failed a run without a spec file', async () => {
    using folder = temporaryFolder();
    assert.deepEqual(await mocha(folder.path, '', {}, '*.test.ts').tally(), {
      passed: 0,
      failed: 1,
      skipped: [],
      unsteady: [],
    });
  });

  it('counts as failed a run that does not end', async () => {
    using folder = temporaryFolder();
    const spec = `it('leaves something open', () => { setInterval(() => {}, 1000); });`;
    const tally = await mocha(folder.path, spec).tally();
    assert.deepEqual(tally, { passed: 1, failed: 1, skipped: [], unsteady: [] });
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
      const { child, tally } = mocha(folder.path, spec);
      await until(() => existsSync(join(folder.path, 'begun')));
      child.kill(signal);
      assert.deepEqual(await tally(), { passed: 0, failed: 1, skipped: [], unsteady: [] });
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
    assert.equal(policy({}), 'auto');
    assert.equal(policy({ CI: 'true' }), 'required');
    assert.equal(policy({ CI: 'false' }), 'auto');
    assert.equal(policy({ CI: 'true', RESETLAB_DOCKER: 'off' }), 'off');
    assert.equal(policy({ RESETLAB_DOCKER: 'required' }), 'required');
  });

  it('sums up in one line', () => {
    const one = { passed: 2, failed: 1, skipped: [], unsteady: [] };
    const other = {
      passed: 40,
      failed: 0,
      skipped: [{ title: 'x', why: 'y' }],
      unsteady: [],
    };
    assert.equal(summary(sum([one, one])), '4 passed, 2 failed');
    assert.equal(summary(sum([one, other])), '42 passed, 1 failed, 1 skipped');
  });
});
