import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { count, shellWord } from '../../common/format.ts';

describe('a number of things', () => {
  for (const [one, many] of [
    ['user', 'users'],
    ['process', 'processes'],
    ['failed user', 'failed users'],
    ['switch', 'switches'],
    ['retry', 'retries'],
    ['day', 'days'],
    ['SYN', 'SYNs'],
  ] as const)
    it(many, () =>
      assert.deepEqual([count(1, one), count(0, one), count(2, one)], [`1 ${one}`, `0 ${many}`, `2 ${many}`]),
    );
});

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
