import assert from 'node:assert/strict';
import fc from 'fast-check';
import { countBelow, descriptorThreshold } from '../../../lab/laws/descriptor-law.ts';

const limits = fc.integer({ min: 0, max: 1_000_000 });
const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 2_000_000 }), { maxLength: 60 });

describe('laws: descriptors', () => {
  it('the reported case: 23 at rest below 4096 leave room for 4073', () => {
    assert.equal(descriptorThreshold(4096, [...Array(23).keys()]), 4073);
  });

  it('nothing at rest: every descriptor is a user', () => assert.equal(descriptorThreshold(64, []), 64));

  it('a descriptor numbered at the limit or above costs nothing, one just below it costs a user', () => {
    assert.equal(descriptorThreshold(100, [0, 1, 2, 100, 101, 300]), 97);
    assert.equal(descriptorThreshold(100, [0, 1, 2, 99]), 96);
  });

  it('is what the kernel does: lowest free number below the limit, until there is none', () => {
    const small = fc.integer({ min: 0, max: 200 });
    const held = fc.uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 250 });
    fc.assert(
      fc.property(small, held, (limit, atRest) => {
        assert.equal(descriptorThreshold(limit, atRest), allocateAll(limit, atRest));
      }),
    );
  });

  it('order does not matter', () => {
    fc.assert(
      fc.property(limits, numbers, (limit, atRest) => {
        assert.equal(descriptorThreshold(limit, atRest), descriptorThreshold(limit, atRest.toReversed()));
      }),
    );
  });

  it('one more below the limit costs one user, above it none; never below 0', () => {
    fc.assert(
      fc.property(limits, numbers, fc.nat(2_000_000), (limit, atRest, extra) => {
        fc.pre(!atRest.includes(extra));
        const without = descriptorThreshold(limit, atRest);
        const cost = extra < limit ? 1 : 0;
        assert.equal(descriptorThreshold(limit, [...atRest, extra]), Math.max(0, without - cost));
        assert.ok(without >= 0);
      }),
    );
  });

  it('a higher limit never lowers the threshold', () => {
    fc.assert(
      fc.property(limits, fc.nat(1000), numbers, (limit, more, atRest) => {
        assert.ok(descriptorThreshold(limit + more, atRest) >= descriptorThreshold(limit, atRest));
      }),
    );
  });

  it('countBelow and the threshold add up to the limit', () => {
    fc.assert(
      fc.property(limits, numbers, (limit, atRest) => {
        assert.equal(countBelow(limit, atRest) + descriptorThreshold(limit, atRest), limit);
      }),
    );
  });
});

/** How many numbers fs/file.c alloc_fd hands out. */
function allocateAll(limit: number, atRest: readonly number[]): number {
  const taken = new Set(atRest);
  let users = 0;
  for (let number = 0; number < limit; number += 1) if (!taken.has(number)) users += 1;
  return users;
}
