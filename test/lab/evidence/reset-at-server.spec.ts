import assert from 'node:assert/strict';
import { defined } from '../../../common/defined.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { takeServersResets } from '../../../lab/evidence/reset-at-server.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { CloseLine } from '../../../protocol/gateway-events.ts';

const START = 1_700_000_000_000;
const BETS = { placed: 0, acked: 0, rejected: 0 };
const LEFT: UserLine = {
  event: 'user',
  id: 0,
  outcome: 'open',
  stage: 'open',
  port: 4000,
  startedAt: START,
  openMs: 5,
  leftMs: 300,
  hadRead: { bytes: 1873, tls: 'TLSv1.3' },
  bets: BETS,
};
const RESET: CloseLine = {
  event: 'close',
  at: START + 301,
  reason: 'socket-error',
  peerPort: 4000,
  ageMs: 299,
  detail: 'ECONNRESET',
};

function taken(user: Partial<UserLine>, close: Partial<CloseLine> = {}) {
  const evidence = {
    fleet: { users: [{ ...LEFT, ...user }], phases: [], progress: [] },
    gateway: { samples: [], closes: [{ ...RESET, ...close }], rounds: [], errors: [], restarts: [] },
  } satisfies Pick<Evidence, 'fleet' | 'gateway'>;
  const whole: Pick<Evidence, 'fleet' | 'gateway'> = evidence;
  takeServersResets(whole);
  const [line] = [...whole.fleet.users];
  assert.ok(line);
  return line;
}

describe('evidence: resets that the server alone has seen', () => {
  it('a user that left with something unread has failed as the server read it', () => {
    const { outcome, stage, errno, syscall, endedMs, leftMs, hadRead } = taken({});
    assert.deepEqual(
      [outcome, stage, errno, syscall, endedMs, leftMs, hadRead?.bytes],
      ['reset', 'open', 'ECONNRESET', 'read', 301, undefined, 1873],
    );
  });

  for (const [what, user, close] of [
    ['address and port', { address: '10.0.0.2' }, { peerAddress: '10.0.0.2' }],
    ['port alone, where only the gateway tells an address', {}, { peerAddress: '10.0.0.2' }],
    ['port alone, where only the user tells one', { address: '10.0.0.2' }, {}],
  ] as [string, Partial<UserLine>, Partial<CloseLine>][]) {
    it(`it is found by ${what}`, () => {
      assert.equal(taken(user, close).outcome, 'reset');
    });
  }

  for (const [what, user, close] of [
    ['one that read to the end', { hadRead: undefined }, {}],
    ['one that has not left', { leftMs: undefined }, {}],
    ['one that had failed by itself', { outcome: 'eof' }, {}],
    ['one whose port had another connection before', {}, { at: START - 500 }],
    ['another port', {}, { peerPort: 4001 }],
    ['another address with that port', { address: '10.0.0.1' }, { peerAddress: '10.0.0.2' }],
    ['another error', {}, { detail: 'EPIPE' }],
    ['a close by the gateway', {}, { reason: 'idle-timeout' }],
  ] as [string, Partial<UserLine>, Partial<CloseLine>][]) {
    it(`stays as it was: ${what}`, () => {
      const before = defined({ ...LEFT, ...user });
      assert.deepEqual(defined(taken(user, close)), before);
    });
  }
});
