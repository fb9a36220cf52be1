import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine, run as runQuietly } from '../../common/run-command.ts';
import { BASE_IMAGE } from '../../lab/runtimes/docker/stand-in/base-image.ts';
import { ourEngine, remember } from '../../scripts/engine/ours.ts';
import { gone } from '../../scripts/engine/processes.ts';
import { startTime } from '../../system/proc/stat.ts';
import { onLinuxOnly } from '../skip.ts';
import { ROOT, run, start, temporaryFolder } from './tools.ts';

const engine = (args: string[], env: NodeJS.ProcessEnv = {}) =>
  run(process.execPath, [join(ROOT, 'scripts/engine.ts'), ...args], {
    env: { ...process.env, ...env },
  });

describe('npm run engine', () => {
  const nowhere = { DOCKER_HOST: 'unix:///no/such/engine.sock' };

  it('does not start another engine than the one DOCKER_HOST asks for', async () => {
    const ended = await engine([], nowhere);
    assert.equal(ended.code, 3);
    assert.equal(ended.stdout, '');
    assert.match(ended.stderr, /^engine: no Docker engine answers \(.*\): DOCKER_HOST is .*\n$/);
  });

  it('prints one JSON document for status --json, also without an engine', async () => {
    const ended = await engine(['status', '--json'], nowhere);
    assert.equal(ended.code, 3);
    const { engine: none, baseImage } = JSON.parse(ended.stdout);
    assert.equal(none, null);
    assert.deepEqual(baseImage, {
      name: BASE_IMAGE,
      state: 'missing',
    });
  });

  it('refuses a verb and a flag it does not know', async () => {
    for (const wrong of [['begin'], ['status', 'stop'], ['--force']]) {
      const ended = await engine(wrong);
      assert.equal(ended.code, 2, wrong.join(' '));
      assert.match(ended.stderr, /^[^\n]+\n$/);
    }
  });
});

describe('the note about our engine', () => {
  onLinuxOnly('an engine is started');

  it('names the process that was noted, as long as it runs', async () => {
    using folder = temporaryFolder();
    const note = join(folder.path, 'state/engine.json');
    const { child, ended } = start('sleep', ['60']);
    remember(child.pid ?? 0, 'spawn', note);
    assert.deepEqual(ourEngine(note), {
      pid: child.pid,
      started: startTime(child.pid ?? 0),
      by: 'spawn',
    });
    child.kill();
    await ended;
    assert.equal(ourEngine(note), undefined);
    assert.ok(!existsSync(note));
  });

  it('names nobody when the pid belongs to another process now, or the note is cut short', () => {
    using folder = temporaryFolder();
    const note = join(folder.path, 'engine.json');
    remember(process.pid, 'spawn', note);
    const ours = JSON.parse(readFileSync(note, 'utf8'));
    writeFileSync(note, JSON.stringify({ ...ours, started: ours.started - 1 }));
    assert.equal(ourEngine(note), undefined);
    writeFileSync(note, '{"pid":');
    assert.equal(ourEngine(note), undefined);
  });
});

describe('commands of the engine scripts', () => {
  it('give 127 for a command that does not exist', async () => {
    assert.equal((await runQuietly('no-such-command', [])).code, 127);
  });

  it('are ended by their time limit, or when they say nothing', async () => {
    const slow = await runQuietly('sh', ['-c', 'echo begun; exec sleep 60'], {
      timeoutMs: 200,
    });
    assert.deepEqual([slow.code, slow.stdout, lastLine(slow)], [124, 'begun\n', 'sh: no end after 200 ms']);
    const mute = await runQuietly('sleep', ['60'], {
      silentMs: 200,
      timeoutMs: 9000,
    });
    assert.deepEqual([mute.code, lastLine(mute)], [124, 'sleep: no answer after 200 ms']);
  });

  it('are ended by an abort, with what they have started', async () => {
    const stop = new AbortController();
    using folder = temporaryFolder();
    const told = join(folder.path, 'pid');
    const running = runQuietly('sh', ['-c', `sleep 60 & echo $! > "$1"; wait`, 'sh', told], {
      signal: stop.signal,
    });
    while (!existsSync(told) || readFileSync(told, 'utf8') === '')
      await new Promise((go) => setTimeout(go, 20));
    const below = Number(readFileSync(told, 'utf8'));
    const started = startTime(below) ?? assert.fail('it runs');
    stop.abort();
    const { code, stderr } = await running;
    assert.deepEqual([code, stderr], [124, 'sh: interrupted']);
    // The one signal goes to both, and either may be the first to end.
    assert.ok(await gone(below, started, 5000), 'what it had started has ended');
  });

  it('may take longer once they have said something', async () => {
    const ran = await runQuietly('sh', ['-c', 'echo begun; sleep 0.6; echo done'], {
      silentMs: 300,
      timeoutMs: 9000,
    });
    assert.deepEqual([ran.code, ran.stdout], [0, 'begun\ndone\n']);
  });
});
