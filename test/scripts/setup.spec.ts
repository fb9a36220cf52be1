import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { oneIn } from '../whole.ts';
import { ROOT, run, start, temporaryFolder, until } from './tools.ts';

const it = oneIn(2);

const SAYS = 'setup: npm ci (node_modules is missing or older than package-lock.json)\n';

/**
 * A project with our setup and, as its only dependency, a package beside it: npm needs no registry for that. It is fetched
 * from `url` where one is given.
 */
async function project(path: string, dependency: object, url = 'file:dep'): Promise<void> {
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
    dependencies: { dep: url },
  };
  writeFileSync(join(path, 'package.json'), JSON.stringify(own));
  const made = await run('npm', ['install', '--package-lock-only', '--ignore-scripts'], {
    cwd: path,
    env: { ...process.env, npm_config_cache: join(path, 'cache-of-lock') },
  });
  assert.equal(made.code, 0, made.stderr);
}

/** Whatever is fetched is fetched anew: npm's own cache has no say. */
const setup = (path: string) =>
  start(process.execPath, [join(path, 'scripts/setup.mjs')], {
    cwd: '/',
    env: { ...process.env, npm_config_cache: join(path, 'cache') },
  });

/** Serves the package of a project, and no sooner than it is let. */
class Shop implements AsyncDisposable {
  readonly #server: Server;
  readonly #file: string;
  #open = Promise.resolve();
  asked = 0;

  private constructor(path: string) {
    mkdirSync(join(path, 'tar/package'), { recursive: true });
    writeFileSync(join(path, 'tar/package/package.json'), JSON.stringify({ name: 'dep', version: '1.0.0' }));
    this.#file = join(path, 'tar/dep.tgz');
    execFileSync('tar', ['-czf', this.#file, '-C', join(path, 'tar'), 'package']);
    this.#server = createServer(async (_, response) => {
      this.asked += 1;
      await this.#open;
      response.end(readFileSync(this.#file));
    });
  }

  static async open(path: string): Promise<Shop> {
    const shop = new Shop(path);
    shop.#server.listen(0, '127.0.0.1');
    await once(shop.#server, 'listening');
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/dep.tgz`;
  }

  /** Keeps everybody waiting until what it gives is called; counts from now. */
  close(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open = promise;
    this.asked = 0;
    return resolve;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

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
    await using shop = await Shop.open(folder.path);
    await project(folder.path, {}, shop.url);
    const letIn = shop.close();
    const both = [setup(folder.path), setup(folder.path)];
    const waits = 'setup: another npm ci is at work here, waiting for it\n';
    await until(() => shop.asked > 0 && both.some(({ printed }) => printed.stderr === waits), 30_000);
    letIn();
    const ended = await Promise.all(both.map((one) => one.ended));
    assert.deepEqual(
      ended.map(({ code }) => code),
      [0, 0],
    );
    assert.deepEqual(ended.map(({ stderr }) => stderr).sort(), [waits, SAYS]);
    assert.equal(shop.asked, 1);
    assert.ok(!existsSync(join(folder.path, '.setup.lock')));
  });

  it('does an interrupted install again', async () => {
    using folder = temporaryFolder();
    await using shop = await Shop.open(folder.path);
    await project(folder.path, {}, shop.url);
    const letIn = shop.close();
    const { child, ended } = setup(folder.path);
    await until(() => shop.asked > 0, 30_000);
    child.kill('SIGINT');
    // npm ends its downloads first: it is not to wait until it is killed.
    setTimeout(letIn, 500);
    const interrupted = await ended;
    assert.equal(interrupted.code, 130);
    assert.match(interrupted.stderr, /interrupted by SIGINT/);
    assert.equal((await setup(folder.path).ended).stderr, SAYS);
    assert.equal((await setup(folder.path).ended).stderr, '');
  });

  it('runs no script of what it installs', async () => {
    using folder = temporaryFolder();
    await project(folder.path, {
      scripts: { preinstall: 'touch ../ran', install: 'touch ../ran', postinstall: 'touch ../ran' },
    });
    assert.equal((await setup(folder.path).ended).code, 0);
    assert.ok(existsSync(join(folder.path, 'node_modules/dep/package.json')));
    assert.ok(!existsSync(join(folder.path, 'ran')));
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
    await project(folder.path, {});
    const own = { name: 'project', version: '1.0.0', dependencies: { dep: 'file:dep', other: 'file:dep' } };
    writeFileSync(join(folder.path, 'package.json'), JSON.stringify(own));
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
