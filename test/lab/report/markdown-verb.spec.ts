import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { diagnosisMarkdown, runMarkdown } from '../../../lab/report/markdowns.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { skip } from '../../skip.ts';
import { lab, scratch } from '../cli/lab.ts';
import { sectionsOf } from './markdown.ts';
import { comparison, smallRun, sweep, thresholds } from './tools.ts';

describe('lab report --markdown', () => {
  const root = scratch();
  let run: VerdictDocument & { path: string };
  before(async function () {
    this.timeout(60_000);
    run = await smallRun(root());
  });

  /** What is in a folder, and when it was written. */
  const stateOf = (folder: string) =>
    readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mtimeMs] as const);

  it('prints a real run, judged anew, and writes nothing', async () => {
    const folder = join(root(), 'judged-anew');
    cpSync(run.path, folder, { recursive: true });
    for (const file of ['verdict.json', 'report.html']) rmSync(join(folder, file));
    const before = stateOf(folder);
    const { code, stdout, stderr } = await lab(['report', folder, '--markdown']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(stdout, runMarkdown({ ...run, path: folder }));
    assert.deepEqual(stateOf(folder), before);
    const [headline, ...others] = sectionsOf(stdout).keys();
    assert.equal(headline, `fd-exhaustion: ${run.users.failed} of 300 users failed, ${run.users.open} open`);
    assert.deepEqual(others.slice(0, 2), ['Why fd-exhaustion', 'Ruled out']);
    assert.match(
      stdout,
      /^- \*\*Fix:\*\* nofile 256 → \d+, \*\*verified\*\*: same load again, 300 of 300 open$/m,
    );
  });

  it('with --verbose has all the evidence', async () => {
    const { code, stdout } = await lab(['report', run.path, '--markdown', '--verbose']);
    assert.equal(code, 0);
    assert.equal(stdout.match(/^<details/gm)?.length, run.verdicts.length);
  });

  it('of a run that was cut short says so, there and on stderr', async () => {
    const folder = join(root(), 'cut');
    cpSync(run.path, folder, { recursive: true });
    const file = join(folder, 'manifest.json');
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), complete: false }));
    const { code, stdout, stderr } = await lab(['report', folder, '--markdown']);
    assert.equal(code, 0);
    assert.match(stdout, /^\*\*Incomplete:\*\* /m);
    assert.match(stderr, /^incomplete: not all was measured or kept; .*cut: this tells of what was\n$/);
  });

  describe('of a real diagnosis', () => {
    let server: Server;
    before(async function () {
      if (process.platform !== 'linux') skip(this, 'diagnose needs Linux');
      server = createServer((_, answer) => answer.end('ok'));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });
    after(() => server?.close());

    it('prints the same as its document says', async () => {
      const { port } = server.address() as AddressInfo;
      const runs = join(root(), 'diagnoses');
      const flags = ['--port', `${port}`, '--load', '20', '--kind', 'http', '--runs', runs, '--json'];
      const { code, stdout, stderr } = await lab(['diagnose', ...flags]);
      assert.equal(code, 0, stderr);
      const document = JSON.parse(stdout) as DiagnosisDocument & { path: string };
      const made = await lab(['report', document.path, '--markdown']);
      assert.deepEqual([made.code, made.stderr], [0, '']);
      assert.equal(made.stdout, diagnosisMarkdown(document));
      assert.match(made.stdout, new RegExp(`^## node\\S* on port ${port}: no cause confirmed$`, 'm'));
      assert.match(made.stdout, /20 requested, 20 open, 0 failed/);
    }).timeout(60_000);
  });

  it('takes a threshold, a sweep and a comparison', async () => {
    for (const [kind, document, first] of [
      ['threshold', thresholds(['64', '128']), 'threshold by nofile'],
      ['sweep', sweep(run, root()), 'sweep limits'],
      ['compare', comparison(), 'linux: PREDICTED against macos: PREDICTED'],
    ] as const) {
      const folder = join(root(), kind);
      mkdirSync(folder);
      writeFileSync(join(folder, `${kind}.json`), JSON.stringify(document));
      const { code, stdout, stderr } = await lab(['report', folder, '--markdown']);
      assert.deepEqual([code, stderr], [0, ''], kind);
      assert.equal([...sectionsOf(stdout).keys()][0], first);
      assert.match(stdout, /^\*\*Answer:\*\* /m);
      assert.deepEqual(readdirSync(folder), [`${kind}.json`]);
    }
  });

  it('refuses what excludes it, and a folder without a run, in one line', async () => {
    const html = join(run.path, 'report.html');
    const before = readFileSync(html, 'utf8');
    for (const [args, says] of [
      [
        [run.path, '--markdown', '--json'],
        /^lab: --json and --markdown: both were given; allowed: one of them\n$/,
      ],
      [
        [run.path, '--verbose'],
        /^lab: --verbose: the page has all the evidence .*; allowed: --verbose with --markdown\n$/,
      ],
      [[join(root(), 'nowhere'), '--markdown'], /^lab: \S+nowhere: no such folder; allowed: [^\n]*\n$/],
    ] as const) {
      const { code, stdout, stderr } = await lab(['report', ...args]);
      assert.deepEqual([code, stdout], [2, ''], stderr);
      assert.match(stderr, says);
    }
    assert.equal(readFileSync(html, 'utf8'), before);
  });
});
