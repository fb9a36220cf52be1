import assert from 'node:assert/strict';
import { joinByPort } from '../../../lab/beside/match-by-port.ts';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { Outcome, UserLine } from '../../../protocol/fleet-events.ts';
import type { ServerSample } from '../../../protocol/observer-events.ts';

const PORTS = [50_001, 50_002, 50_003];
const BEGUN = 1000;
const SETTLED = 2000;
const HOLD_MS = 1000;
const DONE = 9000;
/** When users begin to leave. */
const LEAVE = SETTLED + HOLD_MS;

type Sample = Partial<ServerSample> & { at: number; queue?: number; deferred?: number };

/** Three bare connections that believe they are open, or `outcome`, and what the server's kernel had at each moment. */
function evidenceOf(
  samples: Sample[],
  changed: { kind?: 'http'; hold?: number; outcome?: Outcome } = {},
): Evidence {
  const asked = settingsSchema.parse({
    users: PORTS.length,
    kind: changed.kind ?? 'tcp',
    hold_ms: changed.hold ?? HOLD_MS,
  });
  const host = { os: 'linux', kernel: '0', node: 'v0' };
  const evidence = noEvidence({ host, runtime: 'native', driver: 'robots', exclusive: false, asked });
  const bets = { placed: 0, acked: 0, rejected: 0 };
  evidence.fleet.users = PORTS.map((port, id): UserLine => {
    const user = { event: 'user', id, stage: 'open', port, startedAt: BEGUN, bets } as const;
    return { ...user, outcome: changed.outcome ?? 'open', connectedMs: 1, openMs: 1 };
  });
  evidence.fleet.phases.push({ event: 'phase', at: SETTLED, phase: 'settled' });
  evidence.fleet.done = { at: DONE, open: PORTS.length, failed: 0 } as NonNullable<Evidence['fleet']['done']>;
  const counted = samples.map(({ at, queue = 0, deferred, ...server }) => ({
    event: 'observed' as const,
    at,
    state: 'S',
    acceptQueue: queue,
    deltas: deferred === undefined ? {} : { 'TcpExt TCPDeferAcceptDrop': deferred },
    server: { holders: {}, connections: 3, ...server },
  }));
  // The connections are dear to count, so most lines are without.
  for (let at = BEGUN; at <= DONE; at += 500)
    evidence.observer.series.push({ event: 'observed', at, state: 'S', deltas: {} });
  evidence.observer.series = [...evidence.observer.series, ...counted].sort((a, b) => a.at - b.at);
  return evidence;
}

/** How each user stands after the join, by its port. */
function joined(samples: Sample[], changed?: Parameters<typeof evidenceOf>[1]): string[] {
  const evidence = evidenceOf(samples, changed);
  joinByPort(evidence);
  const { users, done } = evidence.fleet;
  const open = users.filter(({ outcome }) => outcome === 'open').length;
  assert.deepEqual([done?.open, done?.failed], [open, users.length - open], 'and so it is counted');
  return users.map(({ outcome, stage }) => `${outcome} ${stage}`);
}

const OPEN = 'open open';
const NEVER = 'timeout connect';
const LEFT = 'timeout upgrade';
/** A queue that nobody is taken out of for a second. */
const STUCK: Sample[] = [
  { at: 1500, came: PORTS, taken: PORTS.slice(0, 1), queue: 2 },
  ...[1600, 2000, 2600].map((at) => ({ at, queue: 2 })),
];

describe('diagnose: bare connections, joined by port with what the server had', () => {
  it('who came and was taken is open', () => {
    assert.deepEqual(joined([{ at: 1500, came: PORTS, taken: PORTS }]), [OPEN, OPEN, OPEN]);
  });

  it('whom its kernel never had was complete for the client alone', () => {
    assert.deepEqual(joined([{ at: 1500, came: PORTS.slice(0, 2), taken: PORTS }]), [OPEN, OPEN, NEVER]);
  });

  it('who is seen only when others have left was not let in', () => {
    const late = { at: LEAVE + 1, came: PORTS.slice(2) };
    assert.deepEqual(joined([{ at: 1500, came: PORTS.slice(0, 2) }, late]), [OPEN, OPEN, NEVER]);
    assert.deepEqual(
      joined([
        { at: 1500, came: PORTS.slice(0, 2) },
        { ...late, at: LEAVE },
      ]),
      [OPEN, OPEN, OPEN],
    );
  });

  it('who is in the queue at the end was let in, unless the server accepts nobody any more', () => {
    assert.deepEqual(joined(STUCK), [OPEN, LEFT, LEFT]);
    const moving = [...STUCK, { at: 2900, queue: 1, taken: PORTS.slice(1, 2) }];
    assert.deepEqual(joined(moving), [OPEN, OPEN, OPEN], 'it took one at last: it is slow');
    assert.deepEqual(joined(STUCK.slice(0, 2)), [OPEN, OPEN, OPEN], 'so short a time says nothing');
  });

  it('a server that waits for the first data has dropped their ACK: they are let in when they speak', () => {
    assert.deepEqual(joined([{ at: 1500, came: [], deferred: 3 }]), [OPEN, OPEN, OPEN]);
  });

  it('says nothing where the watching ended before the load', () => {
    const evidence = evidenceOf([{ at: 1500, came: PORTS.slice(0, 2), taken: PORTS.slice(0, 2) }]);
    const outcomes = () => evidence.fleet.users.map(({ outcome }) => outcome);
    evidence.observer.series = evidence.observer.series.filter(({ at }) => at <= 2500);
    joinByPort(evidence);
    assert.deepEqual(outcomes(), ['open', 'open', 'open']);
  });

  it('says nothing of whom it cannot know', () => {
    const never = [{ at: 1500, came: [] }];
    assert.deepEqual(joined(never), [NEVER, NEVER, NEVER]);
    assert.deepEqual(
      joined(never, { kind: 'http' }),
      [OPEN, OPEN, OPEN],
      'an answer is more than a handshake',
    );
    assert.deepEqual(joined(never, { hold: 400 }), [OPEN, OPEN, OPEN], 'gone between two counts');
    assert.deepEqual(joined([]), [OPEN, OPEN, OPEN], 'nobody counted');
    assert.deepEqual(joined(never, { outcome: 'reset' }), Array(3).fill('reset open'), 'failed already');
  });

  it('a user that was not let in waited until all left, is open at no time, and says why', () => {
    const evidence = evidenceOf([{ at: 1500, came: PORTS.slice(1), taken: PORTS }]);
    joinByPort(evidence);
    const [user] = evidence.fleet.users;
    assert.equal(user?.endedMs, LEAVE - BEGUN);
    assert.deepEqual([user?.openMs, user?.connectedMs, user?.port], [undefined, 1, PORTS[0]]);
    assert.match(user?.detail ?? '', /kernel never had it$/);
  });
});
