import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { VerdictDocument } from '../../../lab/run/document.ts';
import { parseProcesses } from '../../../lab/runtimes/clean-processes.ts';
import { isAlive, newLabel } from '../../../lab/runtimes/label.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { LABEL_FLAG } from '../../../lab/runtimes/processes.ts';
import { skipWhenMissing } from '../../skip.ts';
import { lab, scratch, startLab } from '../cli/lab.ts';

/** A lab that stays in the middle of its load until it is ended. */
const HELD = [
  '--runtime',
  'netns',
  '--set',
  'nofile=100',
  '--users',
  '120',
  '--set',
  'rounds=0',
  '--set',
  'hold_ms=60000',
];
const NO_ENGINE = { DOCKER_HOST: 'unix:///nonexistent' };

describe('runtimes: nothing is left behind', function () {
  this.timeout(40_000);
  skipWhenMissing(netns);
  const folder = scratch();

  it('kill -9 on the lab in the middle of a run', async () => {
    const { child, ended } = startLab(['run', ...HELD, '--runs', join(folder(), 'killed')]);
    const pid = child.pid as number;
    try {
      await until(() => inTheMiddle(pid));
      const namespaces = partsOf(pid).map(namespaceOf);
      assert.ok(namespaces.some((namespace) => namespace !== namespaceOf(process.pid)));
    } finally {
      child.kill('SIGKILL');
    }
    const { signal } = await ended;
    assert.equal(signal, 'SIGKILL');
    await until(() => partsOf(pid).length === 0);
    assert.deepEqual(partsOf(pid).map(describeProcess), []);
  });

  for (const [name, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    it(`${name} in the middle: ${code}, the files are there and say incomplete`, async () => {
      const runs = join(folder(), name);
      const { child, ended, result } = startLab(['run', 'fd-exhaustion', '--json', ...HELD, '--runs', runs]);
      const pid = child.pid as number;
      try {
        await until(() => inTheMiddle(pid) && /7\d open/.test(result.stderr));
        child.kill(name);
        const end = await ended;
        assert.equal(end.code, code, end.stderr);
        const document = JSON.parse(end.stdout) as VerdictDocument;
        assert.equal(document.complete, false);
        assert.equal(document.fix, null, 'no second run');
        const made = join(runs, 'latest');
        const files = ['manifest.json', 'report.html', 'samples.ndjson', 'users.ndjson', 'verdict.json'];
        const there = readdirSync(made).filter((file) => file !== 'trace.ndjson');
        assert.deepEqual(there.sort(), files);
        assert.deepEqual(JSON.parse(readFileSync(join(made, 'verdict.json'), 'utf8')), document);
        assert.equal(JSON.parse(readFileSync(join(made, 'manifest.json'), 'utf8')).complete, false);
        assert.ok(readFileSync(join(made, 'samples.ndjson'), 'utf8').length > 0);
        assert.deepEqual(partsOf(pid).map(describeProcess), []);
      } finally {
        child.kill('SIGKILL');
      }
    });
  }

  it('a run that ends by itself', async () => {
    const args = [
      'run',
      '--runtime',
      'netns',
      '--users',
      '2',
      '--set',
      'rounds=0',
      '--runs',
      join(folder(), 'ended'),
    ];
    const { child, ended } = startLab(args);
    assert.equal((await ended).code, 0);
    assert.deepEqual(partsOf(child.pid as number).map(describeProcess), []);
  });
});

describe('lab clean', function () {
  this.timeout(20_000);

  it('ends what a dead lab left, and not what a live one has, nor what only looks alike', async () => {
    const dead = spawnSync('true').pid;
    const orphan = await dummy(`${LABEL_FLAG}resetlab.${dead}.1.1`);
    const reused = await dummy(`${LABEL_FLAG}resetlab.${process.pid}.1.1`);
    const live = await dummy(LABEL_FLAG + newLabel());
    const alike = await dummy(`--note=resetlab.${dead}.1.1`);
    const quoted = await dummy(`${LABEL_FLAG}resetlab.${dead}.1.1`, 'and more');
    const all = [orphan, reused, live, alike, quoted];
    try {
      const { code, stdout, stderr } = await lab(['clean', '--json'], { env: NO_ENGINE });
      assert.equal(code, 0, stderr);
      const { processes, containers, networks } = JSON.parse(stdout);
      assert.ok(processes.includes(orphan.pid), 'the orphan');
      assert.ok(processes.includes(reused.pid), 'its pid has gone to another process since');
      for (const kept of [live, alike, quoted]) assert.ok(!processes.includes(kept.pid));
      assert.deepEqual([containers, networks], [[], []]);
      await Promise.all([orphan, reused].map((child) => child.signalCode ?? once(child, 'exit')));
      assert.deepEqual([orphan.signalCode, reused.signalCode], ['SIGKILL', 'SIGKILL']);
      for (const kept of [live, alike, quoted]) assert.equal(kept.signalCode ?? kept.exitCode, null);
    } finally {
      for (const child of all) child.kill('SIGKILL');
    }
  });

  it('a lab that lives is alive by its label, another start time is not', () => {
    const label = newLabel();
    assert.equal(isAlive(label), true);
    const [word, pid, , count] = label.split('.');
    if (process.platform === 'linux') assert.equal(isAlive(`${word}.${pid}.1.${count}`), false);
    assert.equal(isAlive('resetlab.0.0.0'), false);
    assert.notEqual(newLabel(), label);
  });
});

/** A process that does nothing, with these last words in its argv. */
async function dummy(...words: string[]): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', 'echo ready; read -r _', 'sh', ...words], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

function processes() {
  const listing = execFileSync('ps', ['-axww', '-o', 'pid=,command='], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return parseProcesses(listing);
}

/** Pids that carry the label of the lab with that pid. */
function partsOf(pid: number): number[] {
  return processes().flatMap(({ pid: part, label }) => (label.startsWith(`resetlab.${pid}.`) ? [part] : []));
}

/** Do holder, gateway, observer and robots all run? */
function inTheMiddle(pid: number): boolean {
  return (
    partsOf(pid).length >= 4 && partsOf(pid).some((part) => describeProcess(part).includes('robots/main.ts'))
  );
}

function describeProcess(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

function namespaceOf(pid: number): string {
  try {
    return execFileSync('readlink', [`/proc/${pid}/ns/net`], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200; turn += 1) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`never came true: ${holds}`);
}
