import assert from 'node:assert/strict';
import fc from 'fast-check';
import { acceptQueueCapacity, overflowingBurst } from '../../../../lab/laws/accept-queue-law.ts';
import { descriptorThreshold } from '../../../../lab/laws/descriptor-law.ts';
import { simulate } from '../../../../lab/laws/queue-model/simulate.ts';
import { wheelTime } from '../../../../lab/laws/queue-model/timers.ts';
import { requestLifetimeMs } from '../../../../lab/laws/retransmission-law.ts';
import { synOverflow, synQueueCapacity } from '../../../../lab/laws/syn-queue-law.ts';
import { linux, tally } from './inputs.ts';

const small = fc.integer({ min: 1, max: 40 });
const bit = fc.integer({ min: 0, max: 1 });

describe('queue model, linux: what the laws say', () => {
  it('overflow under a delayed link: as overflowingBurst, for every queue, burst and abort', () => {
    fc.assert(
      fc.property(small, fc.integer({ min: 0, max: 60 }), small, bit, (somaxconn, waiting, users, abort) => {
        const capacity = acceptQueueCapacity(511, somaxconn);
        const burst = Math.min(users, capacity);
        const settings = { somaxconn, tcp_abort_on_overflow: abort, tcp_syncookies: 0 };
        const input = linux(settings, burst, {
          waiting: Math.min(waiting, capacity),
          client: { patienceMs: 600 },
        });
        const { users: lines, counters } = simulate(input);
        const expected = overflowingBurst(capacity, Math.min(waiting, capacity), burst, abort === 1);
        const connected = lines.filter(({ connectedMs }) => connectedMs !== undefined);
        assert.equal(lines.filter(({ fate }) => fate === 'aborted').length, expected.reset);
        assert.equal(burst - connected.length, expected.waiting);
        assert.equal(counters['Tcp PassiveOpens'] ?? 0, expected.open);
      }),
    );
  });

  it('SYN queue: as synOverflow and synQueueCapacity', () => {
    fc.assert(
      fc.property(small, small, bit, small, (somaxconn, tcp_max_syn_backlog, tcp_syncookies, users) => {
        const settings = { backlog: 511, somaxconn, tcp_max_syn_backlog, tcp_syncookies };
        const { counters } = simulate(linux(settings, users, { client: { patienceMs: 30 } }));
        const held = synQueueCapacity(settings);
        const dropped = (counters['TcpExt TCPReqQFullDrop'] ?? 0) + (counters['TcpExt ListenDrops'] ?? 0);
        const { cookies } = synOverflow(held, users, tcp_syncookies);
        assert.equal(counters['TcpExt TCPReqQFullDoCookies'] ?? 0, cookies);
        assert.equal(dropped > 0, tcp_syncookies === 0 && users > held);
      }),
    );
  });

  // Of five in a SYN queue of nine one is too many: it is forgotten after two more SYN-ACKs, and then the other four are few enough.
  for (const [retries, synAcks] of [
    [0, 0],
    [1, 5],
    [2, 10],
    [5, 2 + 4 * 5],
  ] as const) {
    it(`late reset, tcp_synack_retries ${retries}: not before the request is forgotten`, () => {
      const settings = { somaxconn: 8, tcp_syncookies: 0, tcp_synack_retries: retries };
      const { users, counters } = simulate(linux(settings, 8, { waiting: 6 }));
      const late = users.filter(({ fate }) => fate === 'forgotten');
      assert.equal(late.length, 5);
      assert.equal(counters['TcpExt TCPSynRetrans'] ?? 0, synAcks);
      for (const { endedMs = 0, errno } of late) {
        assert.equal(errno, 'ECONNRESET');
        assert.ok(endedMs >= requestLifetimeMs(retries, 5, 8), `${endedMs}`);
      }
    });
  }

  it('cookies: an ACK that finds the queue full is dropped, whatever abort says', () => {
    const settings = { somaxconn: 3, tcp_abort_on_overflow: 1, tcp_syncookies: 2 };
    const result = simulate(linux(settings, 8, { client: { patienceMs: 5000 } }));
    assert.deepEqual(tally(result), { 'timeout gave-up': 8 });
    assert.equal(result.counters['Tcp OutRsts'], undefined);
  });

  it('descriptors: just so many are served, as descriptorThreshold says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 60 }),
        fc.uniqueArray(fc.nat(80)),
        (nofile, descriptorsAtRest) => {
          const server = { acceptRate: 10_000, nofile, descriptorsAtRest };
          const { users } = simulate(linux({}, 80, { server }));
          const open = users.filter(({ outcome }) => outcome === 'open').length;
          assert.equal(open, Math.min(80, descriptorThreshold(nofile, descriptorsAtRest)));
        },
      ),
    );
  });

  it('loopback: a handshake is complete before the next begins, so that nobody is reset under abort', () => {
    const input = linux({ somaxconn: 4, tcp_abort_on_overflow: 1 }, 30, {
      link: { kind: 'synchronous' },
      client: { patienceMs: 900 },
    });
    assert.deepEqual(tally(simulate(input)), { 'timeout gave-up': 30 });
  });

  it('loopback: SYNs that are sent again come as a batch, and fill the SYN queue', () => {
    const input = linux({ somaxconn: 16 }, 60, {
      link: { kind: 'synchronous' },
      server: { acceptRate: 5000, stoppedUntilMs: 500 },
      client: { patienceMs: 30_000 },
    });
    const { counters, peak, users } = simulate(input);
    assert.equal(counters['TcpExt TCPReqQFullDoCookies'], 60 - 17 - 17);
    assert.equal(peak.halfOpen, 17);
    assert.ok(users.every(({ outcome }) => outcome === 'open'));
  });

  it('accept times are taken as given', () => {
    const server = { acceptRate: 1, acceptTimes: [100, 250] };
    const { users } = simulate(linux({}, 3, { server, client: { patienceMs: 5000 } }));
    assert.deepEqual(
      users.map(({ openMs }) => openMs),
      [120, 270, undefined],
    );
  });
});

describe('queue model: the timer wheel', () => {
  it('is never early, and late by an eighth and a tick at most', () => {
    fc.assert(
      fc.property(
        fc.nat(100_000),
        fc.integer({ min: 1, max: 120_000 }),
        fc.constantFrom(100, 250, 1000),
        (now, ms, hz) => {
          const late = wheelTime(now, ms, hz) - now - ms;
          assert.ok(late >= 0 && late <= ms / 7 + 1000 / hz, `${late} of ${ms}`);
        },
      ),
    );
  });
});
