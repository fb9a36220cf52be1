import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acceptQueueCapacity } from '../../../lab/laws/accept-queue-law.ts';

const bound = fc.integer({ min: 0, max: 65_535 });

describe('laws: accept queue', () => {
  for (const [backlog, somaxconn, holds] of [
    [511, 4096, 512],
    [511, 128, 129],
    [1, 4096, 2],
    [128, 128, 129],
  ] as const) {
    it(`backlog ${backlog}, somaxconn ${somaxconn}: ${holds}`, () => {
      assert.equal(acceptQueueCapacity(backlog, somaxconn), holds);
    });
  }

  it('is one more than the lower of both, whichever that is', () => {
    fc.assert(
      fc.property(bound, bound, (backlog, somaxconn) => {
        const capacity = acceptQueueCapacity(backlog, somaxconn);
        assert.equal(capacity, acceptQueueCapacity(somaxconn, backlog));
        assert.ok(capacity - 1 === backlog || capacity - 1 === somaxconn);
        assert.ok(capacity - 1 <= backlog && capacity - 1 <= somaxconn);
      }),
    );
  });

  it('raising the one that does not bind changes nothing', () => {
    fc.assert(
      fc.property(bound, bound, bound, (low, by, more) => {
        const high = low + by;
        assert.equal(acceptQueueCapacity(low, high + more), acceptQueueCapacity(low, high));
        assert.equal(acceptQueueCapacity(high + more, low), acceptQueueCapacity(high, low));
      }),
    );
  });
});
