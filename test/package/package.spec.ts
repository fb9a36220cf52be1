import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { netns } from '../../lab/runtimes/netns.ts';
import { CLONE_ONLY, programs } from '../../scripts/package/programs.ts';
import { freePort, lab } from '../lab/cli/lab.ts';
import { skip } from '../skip.ts';
import { isDrawn } from '../whole.ts';
import { fetchNodes, Project } from './project.ts';

/** What the package may need of others. */
const THEIRS = ['commander', 'csv-stringify', 'dockerode', 'uplot', 'ws', 'yaml', 'zod'];
const MOST_BYTES = 1_000_000;
/** The oldest that will do, and the newest: each is a large archive, and in the quick form there is one of them. */
const NEWER = ['22.18.0', 'latest'].filter((_, index) => isDrawn(index, 2));
/** One that will not do. */
const OLDER = '20.19.5';
/** The reported case, as small as it can be. */
const SMALL = ['--users', '150', '--set', 'nofile=100', '--no-fix', '--json'];

const project = new Project();

describe('the package, as npm installs it where there is nothing else', function () {
  this.timeout(180_000);
  let fetched: Map<string, string> | string = '';
  before(async function () {
    const wanted = fetchNodes(join(project.path, 'nodes'), [...NEWER, OLDER]);
    const why = await project.install();
    fetched = await wanted;
    if (why !== undefined) skip(this, why);
  });
  after(() => project[Symbol.dispose]());

  const files = () => globSync('**/*', { cwd: project.installed }).filter((path) => isFile(path));
  const read = (path: string) => readFileSync(join(project.installed, path), 'utf8');
  const isFile = (path: string) => statSync(join(project.installed, path)).isFile();

  it('is small, needs few others, and has no Node of ours', () => {
    const bytes = files().reduce((sum, path) => sum + statSync(join(project.installed, path)).size, 0);
    assert.ok(bytes < MOST_BYTES, `${bytes} bytes unpacked`);
    const manifest = JSON.parse(read('package.json'));
    assert.deepEqual(Object.keys(manifest.dependencies).sort(), THEIRS);
    assert.equal(manifest.optionalDependencies, undefined);
    assert.equal(manifest.private, undefined);
  });

  it('has every module that is started, as JavaScript, and whatever those import', () => {
    const started = programs().map((path) => path.replace(/\.ts$/, '.js'));
    assert.ok(started.includes('robots/main.js') && started.includes('lab/evidence/observer.js'));
    assert.deepEqual(
      started.filter((path) => !existsSync(join(project.installed, path))),
      [],
    );
    const lacking = files()
      .filter((path) => path.endsWith('.js'))
      .flatMap((path) =>
        [...read(path).matchAll(/(?:from|import)\(?"(\.{1,2}\/[^"]+)"/g)].flatMap(([, to = '']) =>
          existsSync(join(project.installed, dirname(path), to)) || CLONE_ONLY.imported.includes(to)
            ? []
            : [`${path}: ${to}`],
        ),
      );
    assert.deepEqual(lacking, []);
    assert.deepEqual(
      files().filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts')),
      [],
    );
  });

  it('says `npx resetlab` where a clone says `npm run`', async () => {
    const verbs = [
      'run',
      'threshold',
      'climb',
      'sweep',
      'exam',
      'diagnose',
      'compare',
      'troubleshoot',
      'report',
      'clean',
    ];
    const asked = [['--help'], ['list'], ...verbs.map((verb) => [verb, '--help'])];
    await Promise.all(
      asked.map(async (args) => {
        const { code, stdout } = await project.resetlab(process.execPath, project.path, ...args);
        assert.equal(code, 0, args.join(' '));
        assert.doesNotMatch(
          stdout,
          /npm run (?!mac in a clone)|\blab (run|list|clean)\b|Usage: lab/,
          args.join(' '),
        );
      }),
    );
  });

  it('lists what a clone lists', async () => {
    const { stdout } = await project.resetlab(process.execPath, project.path, 'list', '--json');
    assert.deepEqual(JSON.parse(stdout), JSON.parse((await lab(['list', '--json'])).stdout));
  });

  it('says in one line that it may not write where it is called, and what helps', async () => {
    const folder = project.folder('closed', 0o555);
    const { code, stdout, stderr } = await project.resetlab(process.execPath, folder, '--runtime', 'native');
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(
      stderr,
      /^resetlab: --runs \S+\/closed\/runs: this user may not write there \(EACCES\); allowed: .+\n$/,
    );
  });

  it('says of what it leaves out that a clone has it', async () => {
    for (const [verb, flag] of [
      ['exam', '--strangers'],
      ['bench', '--judge'],
      ['bench', '--scale'],
    ] as const) {
      const { code, stderr } = await project.resetlab(process.execPath, project.path, verb, flag);
      assert.equal(code, 3);
      assert.match(
        stderr,
        new RegExp(`^resetlab: ${verb} ${flag}: .* in a clone of resetlab alone; run it there\n$`),
      );
    }
    const { code, stderr } = await project.resetlab(process.execPath, project.path, 'compose');
    assert.equal(code, 2);
    assert.match(stderr, /^resetlab: unknown command 'compose'.*\n$/);
  });

  it('can be published', function () {
    const { status, stderr } = spawnSync('npm', ['publish', '--dry-run', project.installed], {
      encoding: 'utf8',
    });
    if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT/.test(stderr))
      skip(this, 'the npm registry does not answer');
    assert.equal(status, 0, stderr);
  });

  describe('on other Nodes', () => {
    let nodes = new Map<string, string>();
    before(function () {
      if (typeof fetched === 'string') skip(this, fetched);
      nodes = fetched;
    });

    it('says in one line that the Node is too old, and exits with 3', async () => {
      const { code, stdout, stderr } = await project.resetlab(nodes.get(OLDER) ?? '', project.path, 'list');
      assert.deepEqual([code, stdout], [3, '']);
      assert.equal(
        stderr,
        `resetlab: Node 22.18 or newer is missing: this is v${OLDER}; get it from https://nodejs.org\n`,
      );
    });

    for (const version of ['of the lab', ...NEWER])
      it(`runs the reported case without a verb, on netns and native: Node ${version}`, async () => {
        const missing = await netns.missing();
        if (missing !== undefined) console.log(`      native alone: ${missing}`);
        const runtimes = missing === undefined ? ['netns', 'native'] : ['native'];
        await Promise.all(runtimes.map((runtime) => runsTheCase(version, runtime)));
      });

    async function runsTheCase(version: string, runtime: string): Promise<void> {
      const folder = project.folder(`${version}-${runtime}`.replaceAll(' ', '-'));
      const node = nodes.get(version) ?? process.execPath;
      // On native it is a port of this machine.
      const flags = [...SMALL, '--set', `port=${await freePort()}`, '--runtime', runtime];
      const { code, stdout, stderr } = await project.resetlab(node, folder, ...flags);
      assert.equal(code, 0, stderr);
      const { name, users, threshold, verdicts, path, host } = JSON.parse(stdout);
      assert.equal(name, 'fd-exhaustion');
      const confirmed = verdicts.filter(({ verdict }: { verdict: string }) => verdict === 'confirmed');
      assert.deepEqual(
        confirmed.map(({ cause }: { cause: string }) => cause),
        ['fd-exhaustion'],
      );
      assert.equal(threshold.measured, threshold.predicted);
      assert.equal(users.failed, 150 - threshold.measured);
      assert.equal(dirname(path), join(folder, 'runs'));
      assert.ok(existsSync(join(path, 'report.html')));
      if (nodes.has(version) && version !== 'latest') assert.equal(host.node, `v${version}`);
    }
  });

  it('is made of sources that name the modules which they start', () => {
    const hidden = globSync('{common,system,protocol,gateway,robots,lab,library}/**/*.ts', {
      cwd: PROJECT_ROOT,
    }).filter((path) =>
      /import\.meta\.(dirname|filename|resolve)|new URL\(\s*['"`][^)]*import\.meta/.test(
        readFileSync(join(PROJECT_ROOT, path), 'utf8'),
      ),
    );
    assert.deepEqual(hidden, [], 'several modules are one file in the package: see common/own-files.ts');
  });
});
