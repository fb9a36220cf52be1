import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { SERVERS } from '../scripts/test/servers.ts';
import { STEPS } from '../scripts/test/steps.ts';
import { skip } from './skip.ts';

const ROOT = join(import.meta.dirname, '..');
const FILES = globSync('.github/workflows/*.{yml,yaml}', { cwd: ROOT }).sort();
/** For other people's repositories. */
const EXAMPLE = 'docs/examples/github-action.yml';
const SCRIPTS = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts);

interface WorkflowStep {
  id?: string;
  name?: string;
  uses?: string;
  run?: string;
  if?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}
interface Job {
  'runs-on': string;
  'timeout-minutes'?: number;
  if?: string;
  needs?: string | string[];
  permissions?: Record<string, string>;
  strategy?: { matrix?: { include?: Record<string, string>[] } };
  steps: WorkflowStep[];
}
/** One that is another workflow. */
interface Call {
  if?: string;
  uses: string;
}
interface Workflow {
  on: Record<string, unknown>;
  permissions?: unknown;
  concurrency?: { group?: string };
  jobs: Record<string, Job | Call>;
}

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const workflowOf = (file: string) => parse(text(file)) as Workflow;
const jobsOf = (file: string) =>
  Object.values(workflowOf(file).jobs).flatMap((job) => ('steps' in job ? [job] : []));
/** All jobs that run on a system, by the start of its runners' names. */
const jobsOn = (system: string) => FILES.flatMap(jobsOf).filter((job) => job['runs-on'].startsWith(system));
const stepsOf = (file: string) => jobsOf(file).flatMap(({ steps }) => steps);

/** Commands of npm itself. */
const NPM = ['publish', 'pkg'];

/** Scripts of package.json that a line of shell starts through npm. */
function scriptsIn(line: string): string[] {
  const options = String.raw`(?:--[\w-]+ +)*`;
  const matches = [...line.matchAll(new RegExp(`\\bnpm +${options}(run +${options})?([\\w:-]+)`, 'g'))];
  return matches.map(([, , name]) => name as string).filter((name) => !NPM.includes(name));
}

/** The variables that a line with sudo passes on, of those that its step sets. */
const preserved = (line: string) => /--preserve-env=(\S+)/.exec(line)?.[1]?.split(',') ?? [];

/** What apt-get installs in these steps. */
const packagesIn = (steps: WorkflowStep[]) =>
  steps.flatMap(({ run = '' }) =>
    [...run.matchAll(/\bapt-get +install((?: +[\w.=-]+)+)/g)].flatMap(([, words = '']) =>
      words.split(' ').filter((word) => word !== '' && !word.startsWith('-')),
    ),
  );

/** A step that needs a Node of the project's own version. */
const needsNode = ({ run = '' }: WorkflowStep) => /\bnpm\b/.test(run);

/** A step that runs tests. */
const tests = ({ run = '' }: WorkflowStep) => scriptsIn(run).includes('test');

/** A step that runs all of `npm test`. */
const runsAll = (step: WorkflowStep) => tests(step) && !/--(only|grep)\b/.test(step.run ?? '');

describe('.github/workflows', () => {
  it('all tests run on Linux with Docker required, as root and as an ordinary user', () => {
    const all = jobsOn('ubuntu-').flatMap(({ steps }) => steps.filter(runsAll));
    const asRoot = all.map(({ run = '' }) => /\bsudo\b/.test(run));
    assert.deepEqual(asRoot.sort(), [false, true]);
    // What `.ci/run` leaves to the whole form is tried somewhere.
    for (const { name, run = '' } of all)
      if (/\bsudo\b/.test(run)) assert.match(run, /npm test -- --whole\b/, name);
    for (const { name, env } of all) assert.equal(env?.RESETLAB_DOCKER, 'required', name);
  });

  it('there is a Mac, and what runs there needs nothing of Linux', () => {
    const there = jobsOn('macos-').flatMap(({ steps }) => steps.filter(tests));
    assert.notEqual(there.length, 0);
    for (const { name, run = '' } of there) assert.equal(/--only (\S+)/.exec(run)?.[1], 'native', name);
  });

  // As root the tests install them. Without one of them, and with Docker required, they fail.
  it("an ordinary user's tests find the servers that diagnose is tried on", () => {
    for (const { steps } of jobsOn('ubuntu-')) {
      const at = steps.findIndex((step) => runsAll(step) && !/\bsudo\b/.test(step.run ?? ''));
      if (at < 0) continue;
      const installed = packagesIn(steps.slice(0, at));
      for (const [command, packages] of Object.entries(SERVERS))
        assert.ok(
          packages.some((name) => installed.includes(name)),
          `${command}: none of ${packages} is installed`,
        );
    }
  });

  for (const file of FILES) {
    describe(file, () => {
      it('may read the code and nothing else, ends, and gives way to a newer push', () => {
        const workflow = workflowOf(file);
        assert.deepEqual(workflow.permissions, { contents: 'read' });
        assert.ok(workflow.concurrency?.group?.includes('github.ref'));
        for (const job of jobsOf(file)) assert.ok((job['timeout-minutes'] ?? Infinity) <= 90);
      });

      it('leaves no token in the checkout', () => {
        for (const { steps } of jobsOf(file)) {
          const checkouts = steps.filter(({ uses }) => uses?.startsWith('actions/checkout@'));
          const needed = steps.some((step) => needsNode(step) || step.uses?.startsWith('./'));
          assert.ok(checkouts.length === 1 || !needed, `${checkouts.length} checkouts`);
          for (const { with: given } of checkouts) assert.equal(given?.['persist-credentials'], false);
        }
        // What is published is so by the identity of the workflow.
        assert.doesNotMatch(text(file), /\bsecrets\./);
      });

      it('pins each action to a commit, with its version beside it', () => {
        const lines = text(file)
          .split('\n')
          .filter((line) => /^\s*(?:- )?uses: (?!\.\/)/.test(line));
        assert.ok(lines.length > 0);
        for (const line of lines) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      });

      it('every step has a name, and what it starts through npm is there', () => {
        for (const { name, run = '' } of stepsOf(file)) {
          assert.ok(name, `a step without a name: ${run}`);
          for (const script of scriptsIn(run))
            assert.ok(SCRIPTS.includes(script), `${name}: npm run ${script}`);
          for (const [, only = ''] of run.matchAll(/--only (\S+)/g))
            for (const step of only.split(','))
              assert.ok(
                STEPS.some((one) => one === step),
                `${name}: ${step}`,
              );
        }
      });

      it('each job has its Node before it starts npm', () => {
        for (const { steps } of jobsOf(file)) {
          const node = steps.findIndex(({ uses }) => uses?.startsWith('actions/setup-node@'));
          const npm = steps.findIndex(needsNode);
          if (npm >= 0) assert.ok(node >= 0 && node < npm, `Node is step ${node}, npm is step ${npm}`);
        }
      });

      it('what a step sets comes through sudo, and so does the PATH', () => {
        for (const { name, run = '', env = {} } of stepsOf(file)) {
          if (!/\bsudo\b.*\bnpm\b/.test(run)) continue;
          assert.deepEqual(preserved(run).sort(), Object.keys(env).sort(), name);
          assert.match(run, /\bsudo .*\benv "PATH=\$PATH" npm\b/, name);
        }
      });

      it('keeps the runs of tests that failed', () => {
        for (const { steps } of jobsOf(file)) {
          if (!steps.some(tests)) continue;
          const upload = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
          assert.equal(upload?.if, 'always()');
          assert.match(String(upload?.with?.path), /^runs\/$/m);
        }
        const names = stepsOf(file).flatMap(({ uses, with: given }) =>
          uses?.startsWith('actions/upload-artifact@') ? [given?.name] : [],
        );
        assert.equal(new Set(names).size, names.length, `two of one name: ${names}`);
      });

      it('puts nothing of others into a script, and bash can read each', () => {
        for (const { name, run = '' } of stepsOf(file)) {
          assert.doesNotMatch(run, /\$\{\{/, name);
          const { status, stderr } = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' });
          assert.equal(status, 0, `${name}: ${stderr}`);
        }
      });
    });
  }

  describe('what is published', () => {
    const TAGGED = /startsWith\(github\.ref, 'refs\/tags\/v'\)/;
    const release = workflowOf('.github/workflows/release.yml');
    const image = workflowOf('.github/workflows/image.yml');

    it('is published for a tag alone', () => {
      for (const { on } of [release, image]) assert.deepEqual(on.push, { tags: ['v*'] });
      const steps = [release, image].flatMap(({ jobs }) =>
        Object.values(jobs).flatMap((job) =>
          'steps' in job ? job.steps.map((step) => ({ job, step })) : [],
        ),
      );
      const publishing = steps.filter(
        ({ step: { run = '', uses = '', with: given } }) =>
          (/npm publish|imagetools create/.test(run) && !/--dry-run/.test(run)) ||
          /attest|login-action/.test(uses) ||
          /push=true/.test(String(given?.outputs)),
      );
      assert.equal(publishing.length, 6);
      for (const { job, step } of publishing) assert.match(step.if ?? job.if ?? '', TAGGED, step.name);
      for (const { job } of steps)
        if (job.permissions?.['id-token'] !== undefined) assert.match(job.if ?? '', TAGGED);
    });

    it('the package: with provenance and no token, after all tests; a pull request shows what it would be', () => {
      const { package: made, test, publish } = release.jobs as Record<string, Job> & { test: Call };
      assert.match((test as Call).uses, /\/linux\.yml$/);
      assert.ok('workflow_call' in workflowOf('.github/workflows/linux.yml').on);
      // It would wait for itself: the group of what is called has the name of this workflow.
      assert.doesNotMatch(release.concurrency?.group ?? '', /github\.workflow|release/i);
      assert.deepEqual(publish?.needs, ['package', 'test']);
      assert.deepEqual(publish?.permissions, { contents: 'read', 'id-token': 'write' });
      assert.match(publish?.steps.at(-1)?.run ?? '', /npm publish \.\/dist --provenance --access public/);
      assert.equal(made?.if, undefined);
      assert.ok(made?.steps.some(({ run = '' }) => /^npm publish \.\/dist --dry-run/.test(run)));
      for (const job of [made, publish]) assert.ok(job?.steps.some(({ run }) => run === 'npm run package'));
    });

    it('the image: the command, for both kinds of processors, tried before it is pushed', () => {
      const build = image.jobs.build as Job;
      const platforms = build.strategy?.matrix?.include?.map(({ platform }) => platform);
      assert.deepEqual(platforms, ['linux/amd64', 'linux/arm64']);
      const builds = build.steps.filter(({ uses }) => uses?.startsWith('docker/build-push-action@'));
      for (const { with: given } of builds) assert.equal(given?.target, 'command');
      const tried = build.steps.findIndex(({ uses }) => uses === './');
      assert.ok(tried > 0 && tried < build.steps.findIndex(({ id }) => id === 'push'));
      assert.equal((image.jobs.publish as Job).needs, 'build');
    });
  });

  it('scripts are found in a line of shell', () => {
    assert.deepEqual(scriptsIn('npm test -- --only native && npm run --silent lab -- list'), ['test', 'lab']);
    assert.deepEqual(scriptsIn('npm run check; npm --silent start'), ['check', 'start']);
    assert.deepEqual(scriptsIn('sudo --preserve-env=A env "PATH=$PATH" npm test'), ['test']);
    assert.deepEqual(
      packagesIn([{ run: 'sudo apt-get install -qy --no-install-recommends nginx redis-server\nls -l' }]),
      ['nginx', 'redis-server'],
    );
  });

  it('actionlint finds nothing', function () {
    const policy = process.env.RESETLAB_ACTIONLINT || 'auto';
    assert.ok(['required', 'auto', 'off'].includes(policy), `RESETLAB_ACTIONLINT=${policy}`);
    // shellcheck and pyflakes, which it starts where it finds them, differ from machine to machine.
    const args = ['-no-color', '-oneline', '-shellcheck=', '-pyflakes=', ...FILES, EXAMPLE];
    const ended =
      policy === 'off' ? undefined : spawnSync('actionlint', args, { cwd: ROOT, encoding: 'utf8' });
    if (ended === undefined || (ended.error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') {
      assert.notEqual(policy, 'required', 'RESETLAB_ACTIONLINT=required, and no actionlint is on the PATH');
      skip(
        this,
        policy === 'off'
          ? 'RESETLAB_ACTIONLINT=off'
          : 'no actionlint on the PATH: go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
      );
    }
    assert.equal(ended.stdout + ended.stderr, '');
    assert.equal(ended.status, 0);
  });
});
