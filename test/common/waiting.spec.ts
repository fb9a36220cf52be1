import assert from 'node:assert/strict';
import { retryUntil, within } from '../../common/waiting.ts';

describe('common/waiting', () => {
  describe('retryUntil', () => {
    it('gives what the first attempt that succeeds gives', async () => {
      let tries = 0;
      const found = await retryUntil(
        () => {
          tries += 1;
          return tries === 3 ? tries : undefined;
        },
        {
          everyMs: 1,
          forMs: 60_000,
        },
      );
      assert.equal(found, 3);
    });

    it('tries once when there is no time, and then gives up', async () => {
      let tries = 0;
      const attempt = () => {
        tries += 1;
        return undefined;
      };
      assert.equal(await retryUntil(attempt, { everyMs: 1, forMs: 0 }), undefined);
      assert.equal(tries, 1);
    });
  });

  describe('within', () => {
    const never = new Promise<never>(() => {});

    it('gives what the promise gives in time', async () => {
      assert.equal(await within(60_000, Promise.resolve(7), new Error('late')), 7);
    });

    it('throws what it is given when that is late', async () => {
      await assert.rejects(within(1, never, new Error('late')), /^Error: late$/);
    });

    it('throws the reason of an abort, also of one before it', async () => {
      const signal = AbortSignal.abort(new Error('asked to end'));
      await assert.rejects(within(60_000, never, new Error('late'), signal), /asked to end/);
    });
  });
});
