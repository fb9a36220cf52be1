import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { ROOT, run, temporaryFolder } from './scripts/tools.ts';

interface Step {
  name?: string;
  id?: string;
  uses?: string;
  run?: string;
  shell?: string;
  if?: string;
  env?: Record<string, string>;
}
interface Action {
  inputs: Record<string, { description?: string; default?: string; required?: boolean }>;
  outputs: Record<string, { value: string }>;
  runs: { using: string; steps: Step[] };
}

const TEXT = readFileSync(join(ROOT, 'action.yml'), 'utf8');
const ACTION = parse(TEXT) as Action;
const STEP = ACTION.runs.steps.find(({ id }) => id === 'run') as Required<Step>;

/** What stands in for the registry alone: npx as it would be after it has fetched the package, of these sources. Its words are kept. */
const NPX = `#!/usr/bin/env bash
printf '%s\\0' "$@" >"$NPX_SAID"
while [ "$1" != resetlab ]; do shift; done
shift
exec ${process.execPath} ${join(ROOT, 'lab/cli.ts')} "$@"
`;

describe('action.yml', function () {
  this.timeout(60_000);

  it('puts no input into a script, and every input reaches its step as a variable', () => {
    for (const { name, run: script, shell, uses } of ACTION.runs.steps) {
      assert.ok(name);
      if (script !== undefined) {
        assert.doesNotMatch(script, /\$\{\{/, name);
        assert.equal(shell, 'bash', name);
      }
      if (uses !== undefined) assert.match(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
    }
    for (const input of Object.keys(ACTION.inputs)) {
      assert.ok(TEXT.includes(`\${{ inputs.${input} }}`), `${input} is used by no step`);
      assert.ok(ACTION.inputs[input]?.description, `${input} is not described`);
    }
    for (const [output, { value }] of Object.entries(ACTION.outputs))
      assert.equal(value, `\${{ steps.run.outputs.${output} }}`);
  });

  it('the example gives inputs that there are, and reads outputs that there are; docs/ci.md has them all', () => {
    const text = readFileSync(join(ROOT, 'docs/examples/github-action.yml'), 'utf8');
    const { jobs } = parse(text) as { jobs: Record<string, { steps: (Step & { with?: object })[] }> };
    const [step, ...more] = Object.values(jobs)
      .flatMap(({ steps }) => steps)
      .filter(({ uses }) => uses?.startsWith('OWNER/resetlab@'));
    assert.deepEqual(more, []);
    for (const input of Object.keys(step?.with ?? {})) assert.ok(input in ACTION.inputs, input);
    for (const [, output = ''] of text.matchAll(/steps\.sustains\.outputs\.([\w-]+)/g))
      assert.ok(output in ACTION.outputs, output);
    const page = readFileSync(join(ROOT, 'docs/ci.md'), 'utf8');
    for (const name of [...Object.keys(ACTION.inputs), ...Object.keys(ACTION.outputs)])
      assert.match(page, new RegExp(`^\\| .*\`${name}\``, 'm'));
  });

  it('knows the verbs that take a folder for their runs, as the entry of the image does', () => {
    const verbs = globSync('lab/verbs/*-verb.ts', { cwd: ROOT }).filter((file) =>
      /'--runs |\bwithLoadFlags\(/.test(readFileSync(join(ROOT, file), 'utf8')),
    );
    const names = verbs
      .map((file) => basename(file).replace('-verb.ts', ''))
      .filter((name) => name !== 'compose');
    for (const script of ['.github/action/run.sh', 'docker/command.sh']) {
      const [, listed = ''] = /^(run \|[^)]*)\)/m.exec(readFileSync(join(ROOT, script), 'utf8')) ?? [];
      assert.deepEqual(listed.split(' | ').sort(), names.sort(), script);
    }
  });

  /** Runs the step as the runner does, in an empty folder, with these inputs. */
  async function act(given: Record<string, string>, { sources = true, before = '' } = {}) {
    const folder = temporaryFolder();
    const at = (name: string) => join(folder.path, name);
    const said = at('npx-said');
    mkdirSync(at('bin'));
    writeFileSync(at('bin/npx'), sources ? NPX : NPX.replace(/^exec .*$/m, 'exit 0'));
    chmodSync(at('bin/npx'), 0o755);
    const work = at('work');
    mkdirSync(work);
    if (before !== '') {
      mkdirSync(join(work, 'runs', before), { recursive: true });
      symlinkSync(before, join(work, 'runs/latest'));
    }
    writeFileSync(at('output'), '');
    const input = (name: string) => given[name] ?? ACTION.inputs[name]?.default ?? '';
    const env = Object.entries(STEP.env).map(([name, value]) => [
      name,
      value
        .replace(/\$\{\{ inputs\.([\w-]+) \}\}/g, (_, one: string) => input(one))
        .replace(/\$\{\{ github\.action_path \}\}/, ROOT.replace(/\/$/, '')),
    ]);
    for (const [, value] of env) assert.doesNotMatch(value ?? '', /^\$\{\{/);
    const script = at('script.sh');
    writeFileSync(script, STEP.run);
    // As the runner starts `shell: bash`.
    const ended = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', script], {
      cwd: work,
      env: {
        PATH: `${at('bin')}:${process.env.PATH}`,
        HOME: folder.path,
        GITHUB_OUTPUT: at('output'),
        NPX_SAID: said,
        ...Object.fromEntries(env),
      },
    });
    const outputs = Object.fromEntries(
      readFileSync(at('output'), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const words = existsSync(said) ? readFileSync(said, 'utf8').split('\0').slice(0, -1) : undefined;
    return { ...ended, outputs, words, work, [Symbol.dispose]: () => folder[Symbol.dispose]() };
  }

  it('a real run: its exit code, its cause, its threshold, its folder and its report', async () => {
    using acted = await act({
      run: `run fd-exhaustion --users 80 --set 'nofile=64' --no-fix --runtime native`,
    });
    const { code, stdout, stderr, outputs, work } = acted;
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^CAUSE +fd-exhaustion/m);
    const folder = outputs.folder ?? '';
    const verdict = JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8'));
    assert.deepEqual(outputs, {
      'exit-code': '0',
      cause: 'fd-exhaustion',
      threshold: String(verdict.threshold.measured),
      folder,
      report: join(folder, 'report.html'),
    });
    assert.ok(folder.startsWith(join(work, 'runs/')), folder);
    assert.ok(existsSync(outputs.report ?? ''));
  });

  it('a verb that leaves no folder, after one that did: an exit code and nothing of the other', async () => {
    using acted = await act({ run: 'list' }, { before: '20260101-000000-run' });
    assert.equal(acted.code, 0, acted.stderr);
    assert.match(acted.stdout, /^ {2}fd-exhaustion /m);
    assert.deepEqual(acted.outputs, { 'exit-code': '0' });
  });

  it('usage that is wrong: exit 2, and so is the output', async () => {
    using acted = await act({ run: 'run no-such-cause' });
    assert.deepEqual([acted.code, acted.outputs['exit-code']], [2, '2'], acted.stderr);
  });

  it('its words are split as by a shell, and nothing of them is run or expanded', async () => {
    const run = `threshold --url ws://localhost:3000/a?b=1&c=2 --header 'Cookie: a=$(touch pwned); b' "two words" \\$HOME \`touch pwned\` ; touch pwned * -- --k6`;
    using acted = await act({ run, version: '9.9.9', runs: 'my runs' }, { sources: false });
    const { words, work } = acted;
    assert.deepEqual(words, [
      ...['--yes', '--package', 'resetlab@9.9.9', 'resetlab', 'threshold', '--runs', 'my runs'],
      ...[
        '--url',
        'ws://localhost:3000/a?b=1&c=2',
        '--header',
        'Cookie: a=$(touch pwned); b',
        'two words',
        '$HOME',
      ],
      ...['`touch', 'pwned`', ';', 'touch', 'pwned', '*', '--', '--k6'],
    ]);
    assert.equal(existsSync(join(work, 'pwned')), false);
  });

  it('each line of `expect` is a condition, before what is for the load generator; `junit` is a file', async () => {
    const expect = "  failed=0\r\n\ncause=none\nthreshold>=2000; touch 'pwned\n";
    using acted = await act(
      { run: 'run\n  --users 5 -- --x', expect, junit: 'out dir/junit.xml' },
      { sources: false },
    );
    assert.deepEqual(acted.words?.slice(4), [
      ...['run', '--runs', 'runs', '--expect', 'failed=0', '--expect', 'cause=none'],
      ...['--expect', "threshold>=2000; touch 'pwned", '--junit', 'out dir/junit.xml'],
      ...['--users', '5', '--', '--x'],
    ]);
  });

  it('without a version it is that of the action; the path of a tarball is taken as it is', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    using own = await act({ run: 'list' }, { sources: false });
    assert.equal(own.words?.[2], `resetlab@${version}`);
    using packed = await act({ run: 'list', version: './resetlab-0.1.0.tgz' }, { sources: false });
    assert.equal(packed.words?.[2], './resetlab-0.1.0.tgz');
  });

  for (const [what, given] of [
    ['a quote that is not closed', `run 'fd-exhaustion`],
    ['nothing', ' '],
    ['an empty verb', `'' --help`],
  ])
    it(`${what}: one line that the runner shows, exit 2, and nothing is started`, async () => {
      using acted = await act({ run: given as string });
      assert.equal(acted.code, 2);
      assert.match(
        acted.stdout,
        /^::error title=resetlab::run: .*; allowed: a verb and its flags\n$|^::error.*: it is empty; .*\n$/,
      );
      assert.deepEqual([acted.words, acted.outputs], [undefined, { 'exit-code': '2' }]);
    });
});
