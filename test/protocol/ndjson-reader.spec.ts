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

  it('puts lines together again, however they were cut: also within a character', () => {
    const lines = [{ a: 'ä'.repeat(50) }, {}, { b: 1 }];
    const bytes = new TextEncoder().encode(`${lines.map((line) => JSON.stringify(line)).join('\n\n')}\nrest`);
    for (const size of [1, 2, 7, 64, bytes.length]) {
      const read: unknown[] = [];
      const reader = new LineReader((line) => read.push(line));
      for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
      assert.deepEqual([read, reader.stray], [lines, '']);
      reader.end();
      assert.equal(reader.stray, 'rest\n');
    }
  });

  it('keeps whatever else there is, also in parentheses', () => {
    const words = ['(nobody) listens', 'Warning: of a stranger', reason];
    const { stray } = strayOf(`console.error(${JSON.stringify(words.join('\n'))})`);
    assert.equal(stray, `${words.join('\n')}\n`);
  });
});
