import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { plateauFacts } from '../../../lab/facts/plateau.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';

const START = 1_700_000_000_000;
const BETS = { placed: 0, acked: 0, rejected: 0 };
type Kind = 'ws' | 'tcp';

function evidenceOf(users: Omit<UserLine, 'event' | 'id' | 'bets'>[], kind: Kind = 'ws'): Evidence {
  const evidence = noEvidence({
    host: { os: 'linux', kernel: '0', node: 'v0' },
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked: settingsSchema.parse({ kind, users: users.length }),
  });
  evidence.fleet.users = users.map((user, id): UserLine => ({ event: 'user', id, bets: BETS, ...user }));
  return evidence;
}

/** Comes `at` ms after the load began, and is let in; leaves so long after that, if it does. */
const open = (at: number, leftMs?: number) => ({
  outcome: 'open' as const,
  stage: 'open' as const,
  startedAt: START + at,
  connectedMs: 1,
  openMs: 8,
  ...(leftMs === undefined ? {} : { leftMs }),
});

/** Comes then, and is cut after so long. */
const cut = (at: number, afterMs = 5) => ({
  outcome: 'reset' as const,
  stage: 'upgrade' as const,
  startedAt: START + at,
  connectedMs: 1,
  endedMs: 1 + afterMs,
});

const times = <T>(number: number, make: (i: number) => T) =>
  Array.from({ length: number }, (_, i) => make(i));

/** Height, turned away, and the level at which those came, in percent. */
function facts(evidence: Evidence): number[] {
  const plateau = plateauFacts(evidence);
  return plateau ? [plateau.height, plateau.turnedAway.size, Math.round(100 * plateau.level)] : [];
}

describe('facts: the plateau of open users', () => {
  it('a cap: who comes after so many have is cut', () => {
    const users = [...times(200, (i) => open(i * 0.1)), ...times(50, (i) => cut(20 + i * 0.1))];
    assert.deepEqual(facts(evidenceOf(users)), [200, 50, 100]);
  });

  it('on a busy machine who comes last of a burst waits longer than all who are let in, and was turned away all the same', () => {
    const burst = [...times(200, () => open(0)), ...times(100, (i) => cut(0, 150 + i * 2))];
    assert.deepEqual(facts(evidenceOf(burst)), [200, 100, 100]);
    // Cut by a clock of half a second they were not.
    const timed = [...times(200, () => open(0)), ...times(100, () => cut(0, 510))];
    assert.deepEqual(facts(evidenceOf(timed)), [200, 0, 0]);
  });

  it('users that were started in the same instant came in the order of their numbers', () => {
    assert.deepEqual(
      facts(evidenceOf([...times(200, () => open(0)), ...times(9, () => cut(0))])),
      [200, 9, 100],
    );
  });

  it('a cap, and users that leave: whoever comes when there is room again gets in', () => {
    const users = times(600, (i) => {
      const at = i * 3;
      // 150 stay 450 ms each; of every 10 that come in the second half one finds no room.
      return i > 300 && i % 10 === 0 ? cut(at) : open(at, 450);
    });
    const [height, turnedAway, level = 100] = facts(evidenceOf(users));
    assert.ok(height === 150 && turnedAway === 29, `${height} ${turnedAway}`);
    // Here the number that are open sinks as soon as some are cut: no plateau.
    assert.ok(level < 95, `${level}`);
    const full = [...times(150, (i) => open(i, 2000)), ...times(60, (i) => cut(200 + i * 20))];
    const later = [...times(150, (i) => open(2100 + i, 900)), ...times(20, (i) => cut(2300 + i * 20))];
    assert.deepEqual(facts(evidenceOf([...full, ...later])), [150, 80, 100]);
  });

  it('random closes come at any number', () => {
    const users = times(500, (i) => (i % 7 === 3 ? cut(i * 0.1) : open(i * 0.1)));
    const [, turnedAway = 0, level = 100] = facts(evidenceOf(users));
    assert.ok(turnedAway > 70 && level > 40 && level < 60, `${level}`);
  });

  it('what ends everybody at once is no plateau', () => {
    const users = [
      ...times(200, (i) => ({ ...open(i * 0.1), outcome: 'reset' as const, endedMs: 900 })),
      ...times(30, (i) => cut(890 + i * 0.1, 20)),
    ];
    assert.deepEqual(facts(evidenceOf(users)), [200, 30, 0]);
  });

  it('who was left waiting longer than any that was served was not turned away', () => {
    const users = [...times(200, (i) => open(i * 0.1)), ...times(50, (i) => cut(20 + i * 0.1, 1000))];
    assert.deepEqual(facts(evidenceOf(users)), [200, 0, 0]);
  });

  it('an answer that there is no room counts, another answer does not', () => {
    const answered = (says: string) => ({
      ...cut(30),
      outcome: 'protocol' as const,
      detail: `HTTP/1.1 ${says}`,
    });
    const users = [
      ...times(50, (i) => open(i)),
      answered('503 Service Unavailable'),
      answered('404 Not Found'),
    ];
    assert.deepEqual(
      facts(evidenceOf(users.map((user, i) => ({ ...user, startedAt: START + i })))),
      [50, 1, 100],
    );
  });

  it('without a protocol a user is open when it is connected, and cut all the same', () => {
    const bare = (at: number) => ({ ...open(at), openMs: 1 });
    const away = (at: number) => ({ ...cut(at), stage: 'open' as const, openMs: 1 });
    const users = [...times(40, (i) => bare(i)), ...times(5, (i) => away(50 + i))];
    assert.deepEqual(facts(evidenceOf(users, 'tcp')), [40, 5, 100]);
    assert.deepEqual(facts(evidenceOf(users, 'ws')), [45, 0, 0]);
  });

  it('nobody let in: no plateau', () => {
    assert.deepEqual(facts(evidenceOf(times(5, (i) => cut(i)))), []);
  });
});
