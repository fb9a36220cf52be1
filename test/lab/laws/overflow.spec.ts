import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acceptQueueCapacity, overflowingBurst } from '../../../lab/laws/accept-queue-law.ts';
import { synOverflow, synQueueCapacity } from '../../../lab/laws/syn-queue-law.ts';

const count = fc.integer({ min: 0, max: 10_000 });
const bound = fc.integer({ min: 1, max: 65_535 });

describe('laws: overflow of the accept queue under a delayed link', () => {
  it('somaxconn 8, 6 waiting, a burst of 8: 3 open, the rest reset, or believed', () => {
    const capacity = acceptQueueCapacity(511, 8);
    assert.deepEqual(overflowingBurst(capacity, 6, 8, true), { open: 3, reset: 5, believed: 0, waiting: 0 });
    assert.deepEqual(overflowingBurst(capacity, 6, 8, false), { open: 3, reset: 0, believed: 5, waiting: 0 });
  });

  it('a queue that is full before the first SYN lets none in: nobody is reset, whatever abort says', () => {
    fc.assert(
      fc.property(count, count, count, fc.boolean(), (capacity, more, burst, abort) => {
        const { reset, waiting } = overflowingBurst(capacity, capacity + more, burst, abort);
        assert.deepEqual([reset, waiting], [0, burst]);
      }),
    );
  });

  it('nobody is lost, and no more are open than there was room for', () => {
    fc.assert(
      fc.property(count, count, count, fc.boolean(), (capacity, held, burst, abort) => {
        const { open, reset, believed, waiting } = overflowingBurst(capacity, held, burst, abort);
        assert.equal(open + reset + believed + waiting, burst);
        assert.ok(open <= Math.max(0, capacity - held));
        assert.ok(abort ? believed === 0 : reset === 0);
      }),
    );
  });
});

describe('laws: SYN queue', () => {
  const usual = { backlog: 511, somaxconn: 8, tcp_max_syn_backlog: 2048, tcp_syncookies: 0 };

  it('holds what the accept queue does, and one more', () => {
    assert.equal(synQueueCapacity(usual), 9);
    assert.equal(synQueueCapacity({ ...usual, tcp_syncookies: 1 }), 9);
  });

  it('without cookies the last quarter of tcp_max_syn_backlog is for peers known before', () => {
    const small = { ...usual, somaxconn: 64, tcp_max_syn_backlog: 8 };
    assert.equal(synQueueCapacity(small), 7);
    assert.equal(synQueueCapacity(small, true), 65);
    assert.equal(synQueueCapacity({ ...small, tcp_syncookies: 1 }), 65);
  });

  it('is what the kernel counts: each SYN is let in while the queue is not above its bounds', () => {
    const most = fc.integer({ min: 1, max: 300 });
    fc.assert(
      fc.property(most, most, most, (backlog, somaxconn, tcp_max_syn_backlog) => {
        let queue = 0;
        const bound = Math.min(backlog, somaxconn);
        while (queue <= bound && tcp_max_syn_backlog - queue >= tcp_max_syn_backlog >> 2) queue += 1;
        const settings = { backlog, somaxconn, tcp_max_syn_backlog, tcp_syncookies: 0 };
        assert.equal(synQueueCapacity(settings), queue);
      }),
    );
  });

  it('beyond it every SYN is dropped, or answered with a cookie, never both', () => {
    fc.assert(
      fc.property(bound, count, fc.integer({ min: 0, max: 2 }), (capacity, burst, tcpSyncookies) => {
        const { dropped, cookies } = synOverflow(capacity, burst, tcpSyncookies);
        assert.equal(dropped + cookies, Math.max(0, burst - capacity));
        assert.ok(tcpSyncookies > 0 ? dropped === 0 : cookies === 0);
      }),
    );
  });
});
