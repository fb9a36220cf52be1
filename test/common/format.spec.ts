import assert from 'node:assert/strict';
import { count } from '../../common/format.ts';

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
