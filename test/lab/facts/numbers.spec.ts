import assert from 'node:assert/strict';
import fc from 'fast-check';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { loopFacts } from '../../../lab/facts/loop.ts';
import { countWhile, LargestWithin, largest, smallest } from '../../../lab/facts/numbers.ts';
import { type Stall, stallsWithin } from '../../../lab/facts/stalls.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';

const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 40 });
const place = fc.nat(45);

describe('facts: numbers', () => {
  it('the largest between two places, as by looking at each', () => {
    fc.assert(
      fc.property(numbers, place, place, (list, a, b) => {
        const [from, to] = [Math.min(a, list.length), Math.min(b, list.length)];
        assert.equal(
          new LargestWithin(list).between(from, to),
          Math.max(...list.slice(from, Math.max(from, to)), Number.NEGATIVE_INFINITY),
        );
      }),
    );
  });

  it('counts what holds', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: -60, max: 60 }), (list, bound) => {
        list.sort((a, b) => a - b);
        const below = (number: number) => number < bound;
        assert.equal(countWhile(list, below), list.filter(below).length);
      }),
    );
  });

  it('takes more numbers than a function takes arguments', () => {
    const many = Array.from({ length: 1_000_000 }, (_, index) => index);
    assert.deepEqual([smallest(many), largest(many)], [0, 999_999]);
    assert.deepEqual([smallest([]), largest([])], [Infinity, -Infinity]);
  });
});

describe('facts: what happened in a time', () => {
  it('who was served, and the longest without anybody, as by looking at each', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { maxLength: 30 }), fc.nat(110), fc.nat(110), (times, from, ms) => {
        const asked = settingsSchema.parse({ users: 1 });
        const host = { os: 'linux', kernel: '0', node: 'v0' };
        const evidence = noEvidence({ host, runtime: 'netns', driver: 'robots', exclusive: true, asked });
        for (const [id, at] of times.entries())
          evidence.fleet.users.push({
            event: 'user',
            id,
            outcome: 'open',
            stage: 'open',
            startedAt: 0,
            openMs: at,
            bets: { placed: 0, acked: 0, rejected: 0 },
          });
        const to = from + ms;
        const within = times.filter((at) => at >= from && at <= to).sort((a, b) => a - b);
        const ends = [from, ...within, to];
        const gaps = ends.slice(1).map((at, index) => at - (ends[index] as number));
        assert.deepEqual(loopFacts(evidence).served(from, to), {
          users: within.length,
          gapMs: Math.max(...gaps),
        });
      }),
    );
  });

  it('the stalls that were going on then, also a long one that had begun before those before it ended', () => {
    const stalls: Stall[] = [
      { at: 100, ms: 50 },
      { at: 300, ms: 20 },
      { at: 1000, ms: 900 },
    ];
    const ends = (from: number, to: number) => stallsWithin(stalls, from, to).map(({ at }) => at);
    assert.deepEqual(ends(0, 49), []);
    assert.deepEqual(ends(0, 50), [100]);
    assert.deepEqual(ends(100, 120), [100, 1000]);
    assert.deepEqual(ends(101, 279), [1000]);
    assert.deepEqual(ends(1001, 2000), []);
  });
});
