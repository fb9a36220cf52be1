import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { shellWord } from '../../common/shell-word.ts';

describe('a word of a shell', () => {
  it('is left alone where it can be', () => {
    for (const text of ['runs/20261127-sweep', './a_b.yaml', 'nofile=64..8192'])
      assert.equal(shellWord(text), text);
  });

  it('is what the shell makes of it, whatever it holds', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom(...' ab\'"$`\\*;&|~!\n<(#é') }), {
      minLength: 1,
    });
    fc.assert(
      fc.property(texts, (words) => {
        const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
        const said = execFileSync('sh', ['-c', script], { encoding: 'utf8' });
        assert.deepEqual(said.split('\0').slice(0, -1), words);
      }),
    );
  });
});
