import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { oneIn } from '../whole.ts';
import { ROOT, run, start, temporaryFolder } from './tools.ts';

/** Those that install. */
const drawn = oneIn(2);

const SAYS = 'setup: npm ci (node_modules is missing or older than package-lock.json)\n';

/** The package that has a Node for this machine, where there is one. */
const OWN = `node-${process.platform}-${process.arch}`;

/**
 * A project with our setup, for Node `oldest` and newer, and a package beside it that it depends on: npm needs no registry
 * for that.
 */
async function project(path: string, dependency: { name?: string; [key: string]: unknown }, oldest = '24.3') {
  for (const part of ['scripts/setup.mjs', 'scripts/setup'])
    cpSync(join(ROOT, part), join(path, part), { recursive: true });
  mkdirSync(join(path, 'dep'));
  const theirs = { name: 'dep', version: '1.0.0', ...dependency };
  writeFileSync(join(path, 'dep/package.json'), JSON.stringify(theirs));
  const own = {
    name: 'project',
    version: '1.0.0',
    engines: { node: `>=${oldest}` },
    dependencies: { [theirs.name]: 'file:dep' },
  };
  writeFileSync(join(path, 'package.json'), JSON.stringify(own));
  const made = await run('npm', ['install', '--package-lock-only', '--ignore-scripts'], { cwd: path });
  assert.equal(made.code, 0, made.stderr);
}

const setup = (path: string) => start(process.execPath, [join(path, 'scripts/setup.mjs')], { cwd: '/' });

describe('scripts/setup.mjs, and the Node that scripts get', function () {
  this.timeout(60_000);

  drawn('refuses a Node that cannot run the scripts, and takes it once it can', async () => {
    using folder = temporaryFolder();
    await project(folder.path, { bin: { node: 'old' } });
    const answers = (version: string) => {
      writeFileSync(join(folder.path, 'dep/old'), `#!/bin/sh\necho ${version}\n`);
      chmodSync(join(folder.path, 'dep/old'), 0o755);
      // As after a change of package-lock.json.
      rmSync(join(folder.path, 'node_modules/.resetlab-setup.json'), { force: true });
    };
    for (const version of ['v20.20.2', 'v22.22.3', 'v23.11.1', 'v24.2.0']) {
      answers(version);
      const says = new RegExp(
        `^setup: Node 24\\.3 or newer is missing: scripts get ${version} here; install it .+\n$`,
      );
      for (const before of [SAYS, '']) {
        const { code, stdout, stderr } = await setup(folder.path).ended;
        assert.deepEqual({ code, stdout }, { code: 3, stdout: '' }, version);
        assert.ok(stderr.startsWith(before), stderr);
        assert.match(stderr.slice(before.length), says);
      }
    }
    for (const version of ['v24.3.0', 'v25.0.0', 'v26.12.1']) {
      answers(version);
      for (const stderr of [SAYS, ''])
        assert.deepEqual(await setup(folder.path).ended, { code: 0, signal: null, stdout: '', stderr });
    }
  });

  drawn('says so before it installs anything, where it brings no Node for the machine', async () => {
    using folder = temporaryFolder();
    await project(folder.path, {}, '99.0');
    const { code, stdout, stderr } = await setup(folder.path).ended;
    assert.deepEqual({ code, stdout }, { code: 3, stdout: '' });
    assert.match(
      stderr,
      /^setup: Node 99\.0 or newer is missing: scripts get v\S+ here, and the lab brings none .+\n$/,
    );
    assert.ok(!existsSync(join(folder.path, 'node_modules')));
  });

  // As the kernel answers where the C library is another one (Alpine): what the file asks for to be run is not there.
  const FOREIGN = '#!/nonexistent/ld-linux.so\n';

  drawn("leaves the lab's own Node out where it does not run, and another one is new enough", async () => {
    using folder = temporaryFolder();
    await project(folder.path, { name: OWN, bin: { node: 'foreign' } });
    writeFileSync(join(folder.path, 'dep/foreign'), FOREIGN, { mode: 0o755 });
    const { code, stderr } = await setup(folder.path).ended;
    assert.equal(code, 0, stderr);
    assert.ok(
      stderr.startsWith(`${SAYS}setup: scripts get ${process.version}: the lab's own does not run (`),
      stderr,
    );
    assert.equal(stderr.trimEnd().split('\n').length, 2);
    assert.ok(!existsSync(join(folder.path, 'node_modules/.bin/node')));
    assert.deepEqual(await setup(folder.path).ended, { code: 0, signal: null, stdout: '', stderr: '' });
  });

  drawn(
    'says in one line what to install where its own Node does not run and the other one is too old',
    async () => {
      using folder = temporaryFolder();
      await project(folder.path, { name: OWN, bin: { node: 'foreign' } }, '99.0');
      writeFileSync(join(folder.path, 'dep/foreign'), FOREIGN, { mode: 0o755 });
      const { code, stderr } = await setup(folder.path).ended;
      assert.equal(code, 3);
      const [first, second, ...more] = stderr.split('\n');
      assert.equal(`${first}\n`, SAYS);
      assert.match(
        String(second),
        /^setup: Node 99\.0 or newer is missing: .+ the lab's own does not run .+; install it /,
      );
      assert.deepEqual(more, ['']);
    },
  );

  drawn('installs whatever npm settings say of engines: npm itself may run on an older Node', async () => {
    using folder = temporaryFolder();
    await project(folder.path, { engines: { node: '>=99.0' } });
    writeFileSync(join(folder.path, '.npmrc'), 'engine-strict=true\n');
    assert.deepEqual(await setup(folder.path).ended, { code: 0, signal: null, stdout: '', stderr: SAYS });
  });
});

describe('scripts/setup/node.mjs', () => {
  it('says how to get a Node where the machine can have it', async () => {
    const { missing } = await import(pathToFileURL(join(ROOT, 'scripts/setup/node.mjs')).href);
    const line = (platform: string) => missing({ platform }, 'v22.22.3', '24.3') as string;
    assert.equal(
      line('darwin'),
      'Node 24.3 or newer is missing: scripts get v22.22.3 here; install it from https://nodejs.org or with `brew install node`, and try again',
    );
    assert.match(
      line('linux'),
      /; install it from your distribution or https:\/\/nodejs\.org, and try again$/,
    );
  });

  it('refuses engines in another form than it can read', async () => {
    const { oldestOf } = await import(pathToFileURL(join(ROOT, 'scripts/setup/node.mjs')).href);
    for (const engines of ['>=24', '^24.3', '24.3', '']) assert.throws(() => oldestOf(engines), /allowed/);
  });
});
