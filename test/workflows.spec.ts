import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
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
const stepsOf = (file: string) => jobsOf(file).flatMap(({ steps }) => steps);

/** Scripts of package.json that a line of shell starts through npm. */
function scriptsIn(line: string): string[] {
  const options = String.raw`(?:--[\w-]+ +)*`;
  const matches = [...line.matchAll(new RegExp(`\\bnpm +${options}(run +${options})?([\\w:-]+)`, 'g'))];
  return matches.map(([, , name]) => name as string);
}

describe('.github/workflows', () => {
  it('there is one for Linux, with Docker required, and one for macOS', () => {
    assert.deepEqual(FILES, ['.github/workflows/linux.yml', '.github/workflows/macos.yml']);
    const [linux, macos] = FILES.map((file) => ({ jobs: jobsOf(file), steps: stepsOf(file) }));
    assert.ok(linux && macos);
    assert.ok(linux.jobs.every((job) => job['runs-on'].startsWith('ubuntu-')));
    assert.ok(linux.steps.some(({ run, env }) => run === 'npm test' && env?.RESETLAB_DOCKER === 'required'));
    assert.ok(macos.jobs.every((job) => job['runs-on'].startsWith('macos-')));
    assert.ok(macos.steps.some(({ run }) => run === 'npm test -- --only native'));
    assert.ok(macos.steps.some(({ run }) => run?.startsWith('npm start')));
    const upload = macos.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    assert.equal(upload?.if, 'always()');
    assert.match(String(upload?.with?.path), /^runs\/$/m);
  });

  for (const file of FILES) {
    describe(file, () => {
      it('may read the code and nothing else, ends, and gives way to a newer push', () => {
        const workflow = parse(text(file)) as Workflow;
        assert.deepEqual(workflow.permissions, { contents: 'read' });
        assert.ok(workflow.concurrency?.group?.includes('github.ref'));
        for (const job of jobsOf(file)) assert.ok((job['timeout-minutes'] ?? Infinity) <= 90);
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

      it('has the Node of the engines', () => {
        const node = stepsOf(file).find(({ uses }) => uses?.startsWith('actions/setup-node@'));
        assert.equal(node?.with?.['node-version'], 24);
      });
    });
  }

  it('scripts are found in a line of shell', () => {
    assert.deepEqual(scriptsIn('npm test -- --only native && npm run --silent lab -- list'), ['test', 'lab']);
    assert.deepEqual(scriptsIn('npm run check; npm --silent start'), ['check', 'start']);
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
