import assert from 'node:assert/strict';
import { closeUnread } from '../../../lab/causes/close-unread.ts';
import { cutOf } from '../../../lab/causes/shared/held-up.ts';
import { wasForgotten } from '../../../lab/causes/shared/listen-queue.ts';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { CloseLine } from '../../../protocol/gateway-events.ts';
import type { TracedReset } from '../../../protocol/trace-events.ts';
import { resetLine } from './made-connections.ts';

const PORT = 40_000;
const ENDED = 1050;
const END = 10_000;
const [FIRST, SECOND] = ['10.0.0.1', '10.0.0.2'] as const;

/** A user that was reset after its request had been sent, from that port. */
function user(id: number, address: string | undefined, more: Partial<UserLine> = {}): UserLine {
  const bets = { placed: 0, acked: 0, rejected: 0 };
  return {
    ...{ event: 'user', id, outcome: 'reset', stage: 'upgrade', errno: 'ECONNRESET', bets, port: PORT },
    ...(address === undefined ? {} : { address }),
    ...{ startedAt: 1000, connectedMs: 1, endedMs: ENDED - 1000, ...more },
  };
}

/** Two users of one port, from these addresses; the server ended the one of the second address, and told of it. */
function evidenceOf(
  addresses: readonly (string | undefined)[],
  more: Partial<UserLine> = {},
): { evidence: Evidence; users: UserLine[] } {
  const evidence = noEvidence({
    host: { os: 'linux', kernel: '0', node: 'v0' },
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked: settingsSchema.parse({ users: addresses.length }),
  });
  const users = addresses.map((address, id) => user(id, address, more));
  evidence.fleet.users = users;
  return { evidence, users };
}

const close = (more: Partial<CloseLine>): CloseLine => ({
  ...{ event: 'close', at: ENDED, reason: 'unread', peerPort: PORT, ageMs: 50 },
  ...more,
});

/** As where nobody looked whence they came, and as where the load had several sources. */
const BOTH = [
  ['by address and port', [FIRST, SECOND], SECOND, [undefined, true]],
  ['by port alone where the users say no address', [undefined, undefined], SECOND, [true, true]],
  ['by port alone where the server says none', [FIRST, SECOND], undefined, [true, true]],
] as const;

describe('facts: users of one port', () => {
  for (const [how, addresses, peerAddress, found] of BOTH) {
    const peer = peerAddress === undefined ? {} : { peerAddress };

    it(`how the gateway ended them, ${how}`, () => {
      const { evidence, users } = evidenceOf(addresses);
      evidence.gateway.closes = [close(peer)];
      const facts = drawFacts(evidence);
      assert.deepEqual(
        users.map((one) => cutOf(one, facts)?.reason),
        found.map((is) => is && 'unread'),
      );
      assert.equal(facts.cuts.size, 1);
    });

    it(`the code that ended them, ${how}`, () => {
      const { evidence, users } = evidenceOf(addresses);
      evidence.gateway.closes = [close({ ...peer, reason: 'restart', code: 1012 })];
      const { closing } = drawFacts(evidence);
      assert.deepEqual(
        users.map(closing.code),
        found.map((is) => is && 1012),
      );
      assert.equal(closing.ended(1012), found.filter(Boolean).length);
    });

    it(`what they left unread, ${how}`, () => {
      const { evidence, users } = evidenceOf(addresses, { hadRead: { bytes: 100 } });
      evidence.gateway.closes = [close({ ...peer, reason: 'socket-error', sent: { all: 180, data: 60 } })];
      const { leftUnread } = drawFacts(evidence);
      assert.deepEqual(
        users.map((one) => leftUnread(one)?.bytes),
        found.map((is) => is && 80),
      );
    });

    it(`the kernel's reason of their reset, ${how}`, () => {
      const { evidence } = evidenceOf(addresses);
      const reset: TracedReset = { at: ENDED, from: 'gateway', port: PORT, reason: 'NO_SOCKET' };
      const resets = [peerAddress === undefined ? reset : { ...reset, address: peerAddress }];
      evidence.trace = { available: true, resets, lost: 0, unknown: 0, cpuMs: 0 };
      assert.deepEqual(drawFacts(evidence).resets?.users, { NO_SOCKET: found.filter(Boolean).length });
    });
  }

  for (const [how, addresses, , found] of BOTH.slice(0, 2)) {
    it(`whose connection a stranger's server closed unread, ${how}`, () => {
      const { evidence, users } = evidenceOf(addresses);
      stranger(evidence, { drops: 0 });
      const facts = drawFacts(evidence);
      assert.deepEqual(
        users.map((one) => closeUnread.claims(one, facts)),
        found.map((is) => is === true),
      );
    });

    it(`whose connection a stranger's full queue forgot, ${how}`, () => {
      const { evidence, users } = evidenceOf(addresses, { endedMs: 5000 });
      stranger(evidence, { drops: 2 });
      const facts = drawFacts(evidence);
      assert.deepEqual(
        users.map((one) => wasForgotten(one, facts)),
        found.map((is) => is === undefined),
      );
    });
  }

  it('of two that the gateway ended each has its own reason', () => {
    const { evidence, users } = evidenceOf([FIRST, SECOND]);
    evidence.gateway.closes = [
      close({ peerAddress: FIRST, reason: 'idle-timeout' }),
      close({ peerAddress: SECOND, reason: 'deadline' }),
    ];
    const facts = drawFacts(evidence);
    assert.deepEqual(
      users.map((one) => cutOf(one, facts)?.reason),
      ['idle-timeout', 'deadline'],
    );
    assert.equal(facts.cuts.size, 2);
    assert.equal([...facts.cuts.values()].length, 2);
  });

  it('one that tells no port is joined with nothing', () => {
    const { evidence, users } = evidenceOf([FIRST]);
    for (const one of users) delete one.port;
    evidence.gateway.closes = [close({ peerPort: 0 })];
    assert.equal(cutOf(users[0] as UserLine, drawFacts(evidence)), undefined);
  });
});

/** A server that is not ours, whose queue dropped so many packets, and which reset the second user's connection with its request unread. */
function stranger(evidence: Evidence, { drops }: { drops: number }): void {
  const process = { pid: 7, nofileSoft: 1024, nofileHard: 1024, descriptors: [0, 1, 2], user: 0 };
  const counters = { 'TcpExt ListenOverflows': 0, 'TcpExt ListenDrops': 0, 'TcpExt TCPAbortOnClose': 0 };
  evidence.observer.before = {
    ...{ event: 'snapshot', at: 900, when: 'before', counters, process },
    sysctls: { somaxconn: '4096', tcp_abort_on_overflow: '0' },
    cost: { cpuMicros: 0, wallMs: 1, samples: 0 },
    server: {
      ...{ port: 80, addresses: ['*'], backlog: 511, others: [], unseen: [] },
      holders: [{ ...process, name: 's' }],
    },
  };
  for (let at = 1000; at <= END; at += 1000)
    evidence.observer.series.push({
      ...{ event: 'observed', at, state: 'R', acceptQueue: 1, descriptors: 10 },
      deltas: { 'TcpExt ListenOverflows': drops, 'TcpExt ListenDrops': drops },
    });
  evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 900, by: 'ss -E', lost: 0 };
  const remote = `[::ffff:${SECOND}]:${PORT}`;
  evidence.ledger.connections.push({ ...resetLine(ENDED, 49, { unread: 80 }), remote });
}
