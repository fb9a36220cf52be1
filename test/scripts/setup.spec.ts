import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, start, temporaryFolder, until } from './tools.ts';

const SAYS = 'setup: npm ci (node_modules is missing or older than package-lock.json)\n';

/** A project with our setup and, as its only dependency, a package beside it: npm needs no registry for that. */
async function project(path: string, dependency: object): Promise<void> {
  cpSync(join(ROOT, 'scripts/setup.mjs'), join(path, 'scripts/setup.mjs'));
  cpSync(join(ROOT, 'scripts/setup'), join(path, 'scripts/setup'), {
    recursive: true,
  });
  mkdirSync(join(path, 'dep'));
  writeFileSync(
    join(path, 'dep/package.json'),
    JSON.stringify({ name: 'dep', version: '1.0.0', ...dependency }),
  );
  const own = {
    name: 'project',
    version: '1.0.0',
    dependencies: { dep: 'file:dep' },
  };
  writeFileSync(join(path, 'package.json'), JSON.stringify(own));
  const made = await run('npm', ['install', '--package-lock-only', '--ignore-scripts'], { cwd: path });
  assert.equal(made.code, 0, made.stderr);
}

const setup = (path: string) => start(process.execPath, [join(path, 'scripts/setup.mjs')], { cwd: '/' });

describe('scripts/setup.mjs', function () {
  this.timeout(60_000);

  it('installs once, and again when the lock file has changed', async () => {
    using folder = temporaryFolder();
    await project(folder.path, {});
    const first = await setup(folder.path).ended;
    assert.deepEqual(first, {
      code: 0,
      signal: null,
      stdout: '',
      stderr: SAYS,
    });
    assert.ok(existsSync(join(folder.path, 'node_modules/dep/package.json')));

    const modules = () => statSync(join(folder.path, 'node_modules/.package-lock.json')).mtimeMs;
    const before = modules();
    assert.deepEqual(await setup(folder.path).ended, {
      code: 0,
      signal: null,
      stdout: '',
      stderr: '',
    });
    assert.equal(modules(), before);

    const lock = join(folder.path, 'package-lock.json');
    const { packages, ...rest } = (await import(lock, { with: { type: 'json' } })).default;
    writeFileSync(lock, `${JSON.stringify({ ...rest, packages }, null, 1)}\n`);
    assert.equal((await setup(folder.path).ended).stderr, SAYS);
  });

  it('installs once when two are started together', async () => {
    using folder = temporaryFolder();
    await project(folder.path, {
      scripts: { install: 'echo x >> ../count; sleep 1' },
    });
    const both = await Promise.all([setup(folder.path).ended, setup(folder.path).ended]);
    assert.deepEqual(
      both.map(({ code }) => code),
      [0, 0],
    );
    const said = both.map(({ stderr }) => stderr).sort();
    assert.deepEqual(said, ['setup: another npm ci is at work here, waiting for it\n', SAYS]);
    assert.equal(statSync(join(folder.path, 'count')).size, 2);
    assert.ok(!existsSync(join(folder.path, '.setup.lock')));
  });

  it('does an interrupted install again', async () => {
    using folder = temporaryFolder();
    await project(folder.path, {
      scripts: { install: 'touch ../begun; test -e ../go || sleep 60' },
    });
    const { child, ended } = setup(folder.path);
    await until(() => existsSync(join(folder.path, 'begun')), 30_000);
    child.kill('SIGINT');
    const interrupted = await ended;
    assert.equal(interrupted.code, 130);
    assert.match(interrupted.stderr, /interrupted by SIGINT/);
    writeFileSync(join(folder.path, 'go'), '');
    assert.equal((await setup(folder.path).ended).stderr, SAYS);
    assert.equal((await setup(folder.path).ended).stderr, '');
  });

  it('takes over from one that was killed', async () => {
    using folder = temporaryFolder();
    await project(folder.path, {});
    const dead = start(process.execPath, ['-e', '']);
    await dead.ended;
    const { hostname } = await import('node:os');
    mkdirSync(join(folder.path, '.setup.lock'));
    writeFileSync(
      join(folder.path, '.setup.lock/owner.json'),
      JSON.stringify({ pid: dead.child.pid, host: hostname() }),
    );
    assert.deepEqual(await setup(folder.path).ended, {
      code: 0,
      signal: null,
      stdout: '',
      stderr: SAYS,
    });
  });

  it('says in one line why npm ci failed, with exit code 3, and does not take it for done', async () => {
    using folder = temporaryFolder();
    await project(folder.path, { scripts: { install: 'exit 7' } });
    for (let time = 0; time < 2; time++) {
      const ended = await setup(folder.path).ended;
      assert.equal(ended.code, 3);
      assert.equal(ended.stdout, '');
      const [first, second, ...more] = ended.stderr.split('\n');
      assert.equal(`${first}\n`, SAYS);
      const says = `setup: npm ci failed in ${folder.path}/: `;
      assert.ok(second?.startsWith(says) && second.length > says.length, second);
      assert.deepEqual(more, ['']);
    }
  });
});
