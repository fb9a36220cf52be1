import assert from 'node:assert/strict';
import { EndTogether } from '../../common/end-together.ts';

describe('what ends together', () => {
  const ended: string[] = [];
  const one = (name: string, error?: Error): AsyncDisposable => ({
    async [Symbol.asyncDispose]() {
      ended.push(name);
      if (error) throw error;
    },
  });

  beforeEach(() => {
    ended.length = 0;
  });

  it('ends with the block, whatever ends that', async () => {
    await assert.rejects(async () => {
      await using all = new EndTogether();
      all.add(one('a'));
      all.add(one('b'));
      throw new Error('of the block');
    }, /of the block/);
    assert.deepEqual(ended, ['a', 'b']);
  });

  it('ends all, and then says why one could not', async () => {
    const all = new EndTogether();
    for (const name of ['a', 'b', 'c']) all.add(one(name, name === 'b' ? new Error('b stays') : undefined));
    await assert.rejects(all[Symbol.asyncDispose](), /b stays/);
    assert.deepEqual(ended, ['a', 'b', 'c']);
  });
});
