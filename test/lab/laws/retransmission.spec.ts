import assert from 'node:assert/strict';
import fc from 'fast-check';
import { requestLifetimeMs, synTimes } from '../../../lab/laws/retransmission-law.ts';

const retries = fc.integer({ min: 1, max: 20 });
const linear = fc.integer({ min: 0, max: 10 });

describe('laws: SYN retransmission', () => {
  it('as kernels before 6.5 have it: 1, 3, 7 s …, ETIMEDOUT after 127 s', () => {
    const { again, giveUp } = synTimes(6, 0);
    assert.deepEqual(again, [1000, 3000, 7000, 15_000, 31_000, 63_000]);
    assert.equal(giveUp, 127_000);
  });

  it('with the four linear time-outs of later ones: last at 67 s, ETIMEDOUT after 131 s', () => {
    const { again, giveUp } = synTimes(6, 4);
    assert.deepEqual(again.slice(0, 7), [1000, 2000, 3000, 4000, 5000, 7000, 11_000]);
    assert.equal(again.at(-1), 67_000);
    assert.equal(giveUp, 131_000);
  });

  // Measured on 6.18 with tcp_syn_linear_timeouts 4, at a queue that stayed full.
  for (const [times, last, gaveUp] of [
    [1, 2000, 3000],
    [2, 5000, 7000],
    [3, 11_000, 19_000],
  ] as const) {
    it(`few retries: the linear ones do not go on beyond what doubling would take: ${times}: ${gaveUp} ms`, () => {
      const { again, giveUp } = synTimes(times, 4);
      assert.deepEqual([again.at(-1), giveUp], [last, gaveUp]);
    });
  }

  it('waits are never shorter than the one before, never above 120 s, and as many as asked for, unless doubling would have ended', () => {
    fc.assert(
      fc.property(retries, linear, (times, first) => {
        const { again, giveUp } = synTimes(times, first);
        // What doubling alone would take; above 64 s each wait is 120 s.
        const longest = times <= 6 ? 1000 * (2 ** (times + 1) - 1) : 127_000 + (times - 6) * 120_000;
        if (again.length < times + first) assert.ok(giveUp >= longest);
        else assert.equal(again.length, times + first);
        assert.ok(again.every((at) => at < longest));
        const waits = [...again, giveUp].map((at, index, all) => at - (all[index - 1] ?? 0));
        for (const [index, wait] of waits.entries()) {
          assert.ok(wait >= (waits[index - 1] ?? 1000) && wait <= 120_000);
        }
        assert.ok(waits.slice(0, first + 1).every((wait) => wait === 1000));
      }),
    );
  });
});

describe('laws: how long a half-open connection is remembered', () => {
  for (const [synackRetries, requests, bound, ms] of [
    [5, 1, 511, 63_000],
    [5, 300, 511, 7000],
    [5, 4, 8, 63_000],
    [5, 5, 8, 7000],
    [1, 5, 8, 3000],
    [0, 5, 8, 1000],
  ] as const) {
    it(`tcp_synack_retries ${synackRetries}, ${requests} of ${bound} in the SYN queue: ${ms} ms`, () => {
      assert.equal(requestLifetimeMs(synackRetries, requests, bound), ms);
    });
  }

  it('a crowded queue never remembers for longer, and beyond two retries for 7 s', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10 }),
        fc.integer({ min: 1, max: 5000 }),
        (synackRetries, bound) => {
          const alone = requestLifetimeMs(synackRetries, 0, bound);
          const crowded = requestLifetimeMs(synackRetries, Math.max(5, bound), bound);
          assert.ok(crowded <= alone);
          assert.ok(crowded <= 7000);
        },
      ),
    );
  });
});
