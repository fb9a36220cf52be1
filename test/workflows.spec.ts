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
const SCRIPTS = Object.keys(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).scripts);

interface WorkflowStep {
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
  steps: WorkflowStep[];
}
interface Workflow {
  permissions?: unknown;
  concurrency?: { group?: string };
  jobs: Record<string, Job>;
}

const text = (file: string) => readFileSync(join(ROOT, file), 'utf8');
const jobsOf = (file: string) => Object.values((parse(text(file)) as Workflow).jobs);
/** All jobs that run on a system, by the start of its runners' names. */
const jobsOn = (system: string) => FILES.flatMap(jobsOf).filter((job) => job['runs-on'].startsWith(system));
const stepsOf = (file: string) => jobsOf(file).flatMap(({ steps }) => steps);

/** Scripts of package.json that a line of shell starts through npm. */
function scriptsIn(line: string): string[] {
  const options = String.raw`(?:--[\w-]+ +)*`;
  const matches = [...line.matchAll(new RegExp(`\\bnpm +${options}(run +${options})?([\\w:-]+)`, 'g'))];
  return matches.map(([, , name]) => name as string);
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

/** A step that runs all of `npm test`. */
const runsAll = ({ run = '' }: WorkflowStep) =>
  scriptsIn(run).includes('test') && !/--(only|grep)\b/.test(run);

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
    const tests = jobsOn('macos-').flatMap(({ steps }) =>
      steps.filter(({ run = '' }) => scriptsIn(run).includes('test')),
    );
    assert.notEqual(tests.length, 0);
    for (const { name, run = '' } of tests) assert.equal(/--only (\S+)/.exec(run)?.[1], 'native', name);
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
        const workflow = parse(text(file)) as Workflow;
        assert.deepEqual(workflow.permissions, { contents: 'read' });
        assert.ok(workflow.concurrency?.group?.includes('github.ref'));
        for (const job of jobsOf(file)) assert.ok((job['timeout-minutes'] ?? Infinity) <= 90);
      });

      it('leaves no token in the checkout', () => {
        const checkouts = stepsOf(file).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
        assert.equal(checkouts.length, jobsOf(file).length);
        for (const { with: given } of checkouts) assert.equal(given?.['persist-credentials'], false);
      });

      it('pins each action to a commit, with its version beside it', () => {
        const lines = text(file)
          .split('\n')
          .filter((line) => /^\s*(?:- )?uses:/.test(line));
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
          const npm = steps.findIndex(({ run = '' }) => scriptsIn(run).length > 0);
          assert.ok(node >= 0 && node < npm, `Node is step ${node}, npm is step ${npm}`);
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
          const upload = steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
          assert.equal(upload?.if, 'always()');
          assert.match(String(upload?.with?.path), /^runs\/$/m);
        }
        const names = stepsOf(file).flatMap(({ uses, with: given }) =>
          uses?.startsWith('actions/upload-artifact@') ? [given?.name] : [],
        );
        assert.equal(new Set(names).size, names.length, `two of one name: ${names}`);
      });
    });
  }

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
    const args = ['-no-color', '-oneline', '-shellcheck=', '-pyflakes=', ...FILES];
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
