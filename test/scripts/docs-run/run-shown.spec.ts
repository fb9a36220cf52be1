import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readDecision } from '../../../scripts/docs-run/decision.ts';
import { runShown } from '../../../scripts/docs-run/run-shown.ts';
import { readText } from '../../../system/read.ts';
import { onLinuxOnly } from '../../skip.ts';
import { ROOT } from '../tools.ts';

const outcome = async (command: string, words = '', output?: string) => {
  const shown = { page: 'page.md', line: 1, command, decision: readDecision(`takes=1s ${words}`) };
  const { state, why } = await runShown({ ...shown, ...(output === undefined ? {} : { output }) });
  return [state, ...why];
};

describe('docs-run, a command', () => {
  onLinuxOnly('it has namespaces of its own');

  it('passes with the exit code and the facts that the page shows', async () => {
    assert.deepEqual(await outcome('true'), ['passed']);
    assert.deepEqual(await outcome('exit 3', 'exit=3'), ['passed']);
    assert.deepEqual(
      await outcome("echo '5 users requested, 4 open, 1 failed'", '', '5 requested, 4 open, 1 failed'),
      ['passed'],
    );
  });

  it('fails with another exit code, and with another number', async () => {
    assert.deepEqual(await outcome('echo a >&2; exit 3'), ['failed', 'exit code 0 expected, 3 now: a']);
    assert.deepEqual(
      await outcome("echo '5 requested, 3 open, 2 failed'", 'varies=failed', '5 requested, 4 open, 1 failed'),
      ['failed', 'open: 4 shown, 3 now'],
    );
    assert.deepEqual(await outcome('true', '', 'words'), [
      'failed',
      'the output that the page shows has nothing that can be compared',
    ]);
  });

  it('is the one that the page shows, with what is put before it and in its place', async () => {
    const words = "prefix='test x =' replace=FOLDER=x";
    assert.deepEqual(await outcome('FOLDER', words), ['passed']);
    assert.deepEqual(await outcome('lab: FOLDER', 'prefix=echo replace=FOLDER=x', 'lab: FOLDER'), ['passed']);
  });

  it('gets Ctrl-C, and a command before it', async () => {
    assert.deepEqual(await outcome('sleep 60', 'interrupt=200ms exit=130'), ['passed']);
    assert.deepEqual(await outcome('test -e runs/a', "first='touch runs/a'"), ['passed']);
    assert.deepEqual(await outcome('true', "first='exit 4'"), [
      'failed',
      'exit 4 ended with 4: nothing on stderr',
    ]);
    assert.ok(!existsSync(join(ROOT, 'runs/a')), 'nothing is left');
  });

  it('has its server, whose pid it knows, and no other port', async () => {
    const words = "server='gateway 8080'";
    assert.deepEqual(await outcome('kill -0 $PID && ss -Hltn | grep -c :8080', words), ['passed']);
    assert.deepEqual(await outcome('ss -Hltn | grep :', 'exit=1'), ['passed']);
  });

  it('is skipped with the reason where this machine has not what it needs', async () => {
    assert.deepEqual(await outcome('true', 'needs=no-such-command'), [
      'skipped',
      'needs no-such-command in the PATH',
    ]);
  });

  it('ends with everything it started', async () => {
    const seconds = `${600 + (process.pid % 1000)}.25`;
    assert.deepEqual(await outcome(`sleep ${seconds} & true`), ['passed']);
    assert.deepEqual(running(seconds), []);
  });
});

/** Commands of this machine with this word. */
function running(word: string): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    const command = /^\d+$/.test(pid) ? (readText(`/proc/${pid}/cmdline`) ?? '') : '';
    return command.split('\0').includes(word) ? [command.replaceAll('\0', ' ')] : [];
  });
}
