import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { LineReader } from '../../protocol/ndjson-reader.ts';

/** What is left of the stderr of a process that runs this script, with no say of the machine's NODE_OPTIONS. */
function strayOf(script: string): { said: string; stray: string } {
  const env = { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '' };
  const { stderr: said } = spawnSync(process.execPath, ['-e', script], { env, encoding: 'utf8' });
  const reader = new LineReader(() => {});
  reader.note(said);
  return { said, stray: reader.stray };
}

describe('lab/runtimes/lines', () => {
  const reason = 'nobody listens on it (port 9)';

  it("leaves Node's warnings out: the first line is what the process said itself", () => {
    const { said, stray } = strayOf(`
      process.emitWarning('one', 'ExperimentalWarning');
      process.emitWarning('two', 'DeprecationWarning', 'DEP9999');
      process.emitWarning('three');
      process.on('exit', () => console.error(${JSON.stringify(reason)}));`);
    // Else this Node warns in another form, and the lines below prove nothing.
    assert.equal(said.split('\n').filter((line) => line.startsWith('(node:')).length, 3, said);
    assert.match(said, /^\(Use `/m);
    assert.equal(stray, `${reason}\n`);
  });

  it('keeps whatever else there is, also in parentheses', () => {
    const words = ['(nobody) listens', 'Warning: of a stranger', reason];
    const { stray } = strayOf(`console.error(${JSON.stringify(words.join('\n'))})`);
    assert.equal(stray, `${words.join('\n')}\n`);
  });
});
