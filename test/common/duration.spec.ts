import assert from 'node:assert/strict';
import { durationMs } from '../../common/duration.ts';

describe('common/duration', () => {
  for (const [text, ms] of [
    ['0', 0],
    ['500ms', 500],
    ['1.5s', 1500],
    ['2m', 120_000],
    ['', undefined],
    ['10', undefined],
    ['.5s', undefined],
    ['1h', undefined],
  ] as const)
    it(`takes ${JSON.stringify(text)} for ${ms} ms`, () => assert.equal(durationMs(text), ms));
});
