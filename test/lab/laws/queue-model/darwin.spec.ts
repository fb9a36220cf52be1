import assert from 'node:assert/strict';
import { DARWIN } from '../../../../lab/laws/queue-model/darwin-counters.ts';
import { DarwinSocket } from '../../../../lab/laws/queue-model/darwin-socket.ts';
import type { ModelInput, ModelLink } from '../../../../lab/laws/queue-model/model-input.ts';
import type { ModelResult } from '../../../../lab/laws/queue-model/output.ts';
import { simulate } from '../../../../lab/laws/queue-model/simulate.ts';
import { darwinSynTimes } from '../../../../lab/laws/retransmission-law.ts';
import { darwinQueueCapacity, darwinQueueLimit } from '../../../../system/darwin/queue-limit.ts';
import { darwin, linux, tally } from './inputs.ts';
import { Segments } from './xnu/segments.ts';

const ONE_BY_ONE = { link: { kind: 'delay', delayMs: 0.1 } } as const;
const spaced = (users: number, ms = 1) => Array.from({ length: users }, (_, id) => id * ms);

describe('queue model, darwin: facts of XNU, each with its source (not run on macOS)', () => {
  describe('solisten, bsd/kern/uipc_socket.c', () => {
    it('a backlog of 0 or less means somaxconn, and so does one above it', () => {
      for (const backlog of [0, -1, 129, 511])
        assert.equal(darwinQueueLimit({ backlog, somaxconn: 128 }), 128);
      assert.equal(darwinQueueLimit({ backlog: 5, somaxconn: 128 }), 5);
    });

    it('so_qlimit is a short: somaxconn 32768 gives a negative limit, and every SYN is dropped', () => {
      const queue = { backlog: 65_535, somaxconn: 32_768 };
      assert.equal(darwinQueueLimit(queue), -32_768);
      assert.equal(darwinQueueCapacity(queue), 0);
      const result = simulate(darwin(queue, 3));
      assert.deepEqual(tally(result), { 'timeout kernel-gave-up': 3 });
      assert.equal(result.peak.held, 0);
    });

    it('somaxconn 32767 is the largest that works for whoever asks for more', () => {
      assert.equal(darwinQueueLimit({ backlog: 65_535, somaxconn: 32_767 }), 32_767);
    });

    it('above it who asks for less has what it asks for, and it wraps at 65536', () => {
      const limit = (backlog: number, somaxconn: number) => darwinQueueLimit({ backlog, somaxconn });
      assert.deepEqual([limit(511, 32_768), limit(511, 65_544)], [511, 511]);
      assert.deepEqual([limit(0, 65_535), limit(0, 65_536), limit(0, 65_544)], [-1, 0, 8]);
    });
  });

  describe('sonewconn_internal, bsd/kern/uipc_socket2.c', () => {
    it('holds exactly N, where Linux holds N + 1', () => {
      const one = simulate(darwin({ backlog: 1 }, 5, { ...ONE_BY_ONE, arrivals: spaced(5) }));
      assert.equal(one.peak.held, 1);
      assert.equal(simulate(linux({ backlog: 1 }, 5, { arrivals: spaced(5, 100) })).peak.complete, 2);
    });

    it('counts half-open and complete together', () => {
      const { peak } = simulate(darwin({ backlog: 8 }, 20));
      assert.equal(peak.held, 8);
    });

    it('soqlimitcompat 0 lets it hold one and a half times as many', () => {
      const settings = { backlog: 8, soqlimitcompat: 0 };
      assert.equal(darwinQueueCapacity({ ...settings, somaxconn: 128 }), 12);
      assert.equal(simulate(darwin(settings, 20)).peak.held, 12);
    });
  });

  describe('tcp_input, bsd/netinet/tcp_input.c: a SYN for which there is no room', () => {
    it('is dropped without an answer when all are complete: the user waits, and is not reset', () => {
      const input = darwin({ backlog: 4 }, 10, { ...ONE_BY_ONE, arrivals: spaced(10) });
      const { users, counters } = simulate(input);
      assert.deepEqual(
        users.map(({ connectedMs }) => connectedMs !== undefined),
        [...Array(4).fill(true), ...Array(6).fill(false)],
      );
      assert.equal(counters[DARWIN.badSyn], undefined);
      assert.equal(counters[DARWIN.drops], undefined);
    });

    it('is counted as an overflow also when a victim makes room for it', () => {
      const { counters } = simulate(darwin({ backlog: 8 }, 12));
      assert.equal(counters[DARWIN.listenDrop], 4);
      // Each victim, and its client, which is in the same kernel.
      assert.equal(counters[DARWIN.drops], 8);
    });
  });

  describe('tcp_dropdropablreq, bsd/netinet/tcp_input.c', () => {
    it('the oldest half-open is the victim: the first users of a burst are reset, the last ones get in', () => {
      const result = simulate(darwin({ backlog: 8 }, 12));
      const reset = result.users.filter(({ fate }) => fate === 'evicted').map(({ id }) => id);
      assert.deepEqual(reset, [0, 1, 2, 3]);
    });

    it('under sustained overflow the victim is random, by the seed, and at times the new SYN is dropped', () => {
      const evicted = (seed: number) =>
        simulate(darwin({ backlog: 8 }, 60, { seed }))
          .users.filter(({ fate }) => fate === 'evicted')
          .map(({ id }) => id);
      assert.deepEqual(evicted(1), evicted(1));
      assert.notDeepEqual(evicted(1), evicted(2));
      const { counters } = simulate(darwin({ backlog: 8 }, 60, { client: { patienceMs: 500 } }));
      const overflows = counters[DARWIN.listenDrop] ?? 0;
      assert.equal(overflows, 52);
      const victims = 2 * (counters[DARWIN.accepts] ?? 0) - (counters[DARWIN.connects] ?? 0);
      assert.ok(victims > 0 && victims < overflows, 'one in so many finds no victim');
    });

    it('complete connections are never victims', () => {
      const first = { arrivals: [...spaced(4), ...Array(20).fill(50)] };
      const { users } = simulate(darwin({ backlog: 8 }, 24, first));
      assert.deepEqual(
        users.slice(0, 4).map(({ outcome }) => outcome),
        Array(4).fill('hanging'),
      );
    });

    it('tcp_close sends nothing: the victim connects, and its ACK draws the RST of the listener', () => {
      const { users, counters } = simulate(darwin({ backlog: 8 }, 9));
      const [victim] = users;
      assert.deepEqual(
        [victim?.outcome, victim?.errno, victim?.stage, victim?.syscall],
        ['reset', 'ECONNRESET', 'upgrade', 'read'],
      );
      assert.ok((victim?.connectedMs ?? Infinity) < (victim?.endedMs ?? 0));
      // Its ACK and its request: each is answered, one is enough.
      assert.equal(counters[DARWIN.badSyn], 2);
      assert.equal(counters[DARWIN.listBadSyn], 2);
    });
  });

  it('connectit, bsd/kern/uipc_syscalls.c: an RST before the caller runs makes connect(2) itself fail with ECONNRESET', () => {
    const client = { patienceMs: Infinity, reactionMs: 5 };
    const { users } = simulate(darwin({ backlog: 8 }, 9, { client }));
    assert.deepEqual(
      [users[0]?.errno, users[0]?.stage, users[0]?.syscall],
      ['ECONNRESET', 'connect', 'connect'],
    );
    assert.equal(users[0]?.connectedMs, undefined);
  });

  describe('sosendcheck, bsd/kern/uipc_socket.c: who writes after the RST', () => {
    const client = { patienceMs: Infinity, thinkMs: 100 };
    const seenOf = (input: ModelInput) => {
      const [user] = simulate(input).users;
      return [user?.outcome, user?.errno, user?.stage, user?.syscall];
    };

    it('gets EPIPE; on Linux ECONNRESET, which is the write’s own', () => {
      assert.deepEqual(seenOf(darwin({ backlog: 8 }, 9, { client })), ['reset', 'EPIPE', 'upgrade', 'write']);
      const refused = { backlog: 8, tcp_abort_on_overflow: 1 };
      const users = simulate(linux(refused, 8, { client, waiting: 6 })).users.filter(
        ({ fate }) => fate === 'aborted',
      );
      assert.ok(users.length > 0);
      assert.ok(users.every(({ errno, syscall }) => errno === 'ECONNRESET' && syscall === 'write'));
    });

    it('reads ECONNRESET after it, once, and then the end of file', () => {
      const socket = new DarwinSocket();
      assert.equal(socket.read(), undefined);
      socket.reset();
      assert.deepEqual(
        [socket.write(), socket.read(), socket.read(), socket.write()],
        ['EPIPE', 'ECONNRESET', 'end of file', 'EPIPE'],
      );
    });

    it('after the end of file was read, too; before the RST it can still write', () => {
      const socket = new DarwinSocket();
      socket.fin();
      assert.deepEqual([socket.read(), socket.write()], ['end of file', undefined]);
      socket.reset();
      assert.deepEqual(
        [socket.read(), socket.write(), socket.read()],
        ['ECONNRESET', 'EPIPE', 'end of file'],
      );
    });
  });

  it('soisconnected, bsd/kern/uipc_socket2.c: no capacity is tested at the ACK, so whoever keeps its place gets in', () => {
    const { counters } = simulate(darwin({ backlog: 8 }, 8));
    assert.equal(counters[DARWIN.accepts], 8);
    assert.equal(counters[DARWIN.listenDrop], undefined);
  });

  it('dlil_input.c: one user after another is never evicted; in one batch, all beyond the queue are', () => {
    const resets = (batch: number) =>
      simulate(
        darwin({ backlog: 16 }, 64, {
          link: { kind: 'batches', batch },
          server: { acceptRate: Infinity },
        }),
      ).users.filter(({ fate }) => fate === 'evicted').length;
    assert.equal(resets(1), 0);
    assert.ok(resets(64) >= 40);
  });

  describe('the thread of lo0, by what it takes', () => {
    const found = (link: Partial<Extract<ModelLink, { kind: 'thread' }>>) =>
      simulate(
        darwin({ backlog: 511, somaxconn: 511 }, 200, {
          link: { kind: 'thread', wakeMs: 0, packetMs: 0.002, ...link },
          client: { patienceMs: 900, stepMs: 0.02 },
        }),
      );

    it('one core: a handshake is complete before the next connect(2), so one SYN at a time', () => {
      const { synsAtOnce, peak } = found({ oneCore: true });
      assert.deepEqual(synsAtOnce, { 1: 200 });
      assert.equal(peak.halfOpen, 1);
    });

    it('several: as many as come while it wakes and works', () => {
      const { synsAtOnce = {}, peak } = found({ wakeMs: 0.1 });
      assert.ok(Object.keys(synsAtOnce).some((count) => Number(count) >= 5));
      assert.ok(peak.halfOpen > 1);
      const seen = Object.entries(synsAtOnce).reduce((all, [count, looks]) => all + Number(count) * looks, 0);
      assert.equal(seen, 200);
    });
  });

  describe('tcp_timer.c', () => {
    it('a SYN is sent again after 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s', () => {
      assert.deepEqual(
        darwinSynTimes().again.map((ms) => ms / 1000),
        [1, 2, 3, 4, 5, 7, 11, 19, 35, 67],
      );
    });

    it('keepinit: ETIMEDOUT after 75 s, where Linux takes 131 s', () => {
      const stuck = { ...ONE_BY_ONE, waiting: 4 };
      const [mac] = simulate(darwin({ backlog: 4 }, 1, stuck)).users;
      assert.deepEqual([mac?.errno, mac?.syscall, mac?.endedMs], ['ETIMEDOUT', 'connect', 75_000]);
      const [tux] = simulate(linux({ backlog: 3 }, 1, { waiting: 4 })).users;
      // Linux's timers are late by up to an eighth.
      const endedMs = tux?.endedMs ?? 0;
      assert.ok(endedMs >= 131_000 && endedMs <= (131_000 * 9) / 8, `${endedMs}`);
    });

    it('a half-open connection lives for keepinit at most', () => {
      const slow = { link: { kind: 'delay', delayMs: 40_000 } } as const;
      const { counters } = simulate(darwin({ keepinit: 75_000 }, 1, slow));
      assert.equal(counters[DARWIN.embryonic], 1);
    });
  });

  describe('tcp_dropdropablreq keeps its count and its generator for the whole host', () => {
    const evicted = ({ users }: ModelResult) =>
      users.filter(({ fate }) => fate === 'evicted').map(({ id }) => id);
    const burst = (rest: Partial<Extract<ModelInput, { dialect: 'darwin' }>> = {}) =>
      simulate({ ...darwin({ backlog: 8 }, 60), ...rest } as ModelInput);

    it('a run goes on from where the one before left off', () => {
      const first = burst();
      assert.ok(first.evictions);
      assert.notDeepEqual(evicted(burst({ evictions: first.evictions })), evicted(first));
      assert.deepEqual(
        burst({ evictions: first.evictions }),
        burst({ evictions: first.evictions, seed: 99 }),
      );
    });

    it('its second turns at .5 of the uptime', () => {
      // 14 SYNs, then 14 more 0.6 s later: the count is the same second’s, or a new one’s.
      const twice = (uptimeMs: number) =>
        simulate(
          darwin({ backlog: 8, uptimeMs }, 28, {
            ...{ arrivals: [...Array(14).fill(0), ...Array(14).fill(600)], server: { acceptRate: Infinity } },
            client: { patienceMs: 900 },
          }),
        );
      const seconds = (uptimeMs: number) => twice(uptimeMs).evictions?.second;
      assert.deepEqual([seconds(500), seconds(499), seconds(1000)], [1, 1, 2]);
      assert.notDeepEqual(evicted(twice(500)), evicted(twice(1000)));
    });
  });

  it('a SYN again of a complete connection is answered with an ACK, and takes no place', () => {
    const made = new Segments({ backlog: 4, somaxconn: 128 });
    made.syn(0);
    made.send(0, 'ack');
    made.syn(0);
    assert.deepEqual(made.logs[0], ['>S', '<SA', '>A', '>S', '<A']);
    assert.deepEqual(made.listener.lists, { halfOpen: [], complete: [0] });
  });

  it('tcp_backoff: SYN-ACKs again after 1, 3, 7, 15, 31, 63 s, RST at 75 s, and the client’s end is told', () => {
    const slow = { link: { kind: 'delay', delayMs: 40_000 } } as const;
    const { counters } = simulate(darwin({}, 1, slow));
    // Both ends: connect(2) that the kernel gave up, and the entry that its RST met, or time ran out of.
    assert.equal(counters[DARWIN.embryonic], 1);
    assert.equal(counters[DARWIN.closed], 2);
  });

  describe('accept_nocancel, bsd/kern/uipc_syscalls.c: no descriptor', () => {
    const out = (whenOut: 'go' | 'loop' | 'libuv') => ({
      server: { acceptRate: 1000, nofile: 10, descriptorsAtRest: [0, 1, 2, 3, 4, 5, 6, 7], whenOut },
      client: { patienceMs: 30_000 },
      ...ONE_BY_ONE,
    });

    for (const whenOut of ['go', 'loop', 'libuv'] as const) {
      it(`${whenOut}: the failed accept destroys what it would have returned`, () => {
        const input = darwin({}, 10, out(whenOut));
        assert.deepEqual(tally(simulate(input)), { 'open served': 2, 'reset no-descriptor': 8 });
      });
    }

    it('go: one connection for each failed accept, with a sleep that doubles between them', () => {
      const server = { ...out('go').server, nofile: 8, stoppedUntilMs: 100 };
      const { users } = simulate(darwin({}, 4, { ...out('go'), server }));
      const times = users.map(({ endedMs = 0 }) => Math.round(endedMs));
      assert.deepEqual(times, [100, 105, 115, 135]);
    });

    it('go on Linux: the queue stays as it is, and users hang until they give up', () => {
      const input = linux({}, 10, out('go'));
      assert.deepEqual(tally(simulate(input)), { 'open served': 2, 'timeout gave-up': 8 });
    });

    it('libuv on Linux: sheds what waits, too', () => {
      const input = linux({}, 10, out('libuv'));
      assert.deepEqual(tally(simulate(input)), { 'open served': 2, 'reset no-descriptor': 8 });
    });

    it('tcp_disconnect, tcp_usrreq.c: RST when the request is there already, else FIN, and RST to the request', () => {
      const early = simulate(
        darwin({}, 4, { ...out('loop'), server: { ...out('loop').server, stoppedUntilMs: 50 } }),
      );
      assert.equal(early.counters[DARWIN.afterClose], undefined);
      const late = simulate(
        darwin({}, 4, { ...out('loop'), client: { patienceMs: 30_000, reactionMs: 50 } }),
      );
      assert.equal(late.counters[DARWIN.afterClose], 2);
    });

    it('soreceive looks for an error first: reset, where Linux gives end of file and then EPIPE', () => {
      const finFirst = {
        server: { acceptRate: 1000, nofile: 8, descriptorsAtRest: [0, 1, 2, 3, 4, 5, 6, 7] },
        client: { patienceMs: 30_000, reactionMs: 5 },
        link: { kind: 'delay', delayMs: 10 },
      } as const;
      const [mac] = simulate(darwin({}, 1, finFirst)).users;
      const [tux] = simulate(linux({}, 1, finFirst)).users;
      assert.deepEqual([mac?.outcome, mac?.errno, mac?.syscall], ['reset', 'ECONNRESET', 'read']);
      assert.deepEqual([tux?.outcome, tux?.errno, tux?.syscall], ['reset', 'EPIPE', 'write']);
    });
  });

  describe('tcp_syncookie of newer kernels', () => {
    const burst = { link: { kind: 'batches', batch: 1000 } } as const;

    it('off, the default: nothing is counted', () => {
      const { counters } = simulate(darwin({ backlog: 8 }, 20, burst));
      assert.equal(counters[DARWIN.cookiesSent], undefined);
    });

    it('1: cookies from half of seven eighths half-open on, and nobody is evicted', () => {
      const result = simulate(darwin({ backlog: 8, syncookie: 1 }, 20, burst));
      assert.equal(result.counters[DARWIN.cookiesSent], 17);
      assert.equal(tally(result)['reset evicted'], undefined);
    });

    it('2: always', () => {
      assert.equal(simulate(darwin({ syncookie: 2 }, 20, burst)).counters[DARWIN.cookiesSent], 20);
    });

    it('tcp_syncookie_ack: a good cookie and no room is answered with RST, at once', () => {
      const result = simulate(darwin({ backlog: 8, syncookie: 1 }, 20, burst));
      assert.deepEqual(tally(result), { 'hanging hanging': 8, 'reset cookie-refused': 12 });
      assert.ok(result.users.every(({ endedMs = 0 }) => endedMs < 10));
    });
  });
});
