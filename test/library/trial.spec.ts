import assert from 'node:assert/strict';
import type { Evidence } from '../../lab/evidence/evidence.ts';
import { drawFacts } from '../../lab/facts/facts.ts';
import { judgeOutside } from '../../lab/verdict/judge-server.ts';
import { diagnosisOf } from '../../library/diagnosis.ts';
import { limitOf } from '../../library/limit.ts';
import { failuresOf, type TrialResult } from '../../library/trial.ts';
import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import { itSays } from '../lab/known-wrong.ts';
import { evidenceOf, parse } from '../lab/verdict/situation.ts';

const moved = (name: string, by: number) => ({ name, source: '/proc/net/netstat', before: 5, after: 5 + by });
const SEEN: Parameters<typeof limitOf>[0] = {
  failed: 3,
  failures: [{ outcome: 'timeout', stage: 'connect', count: 3 }],
  peak: { descriptors: 40, acceptQueue: 17 },
  counters: [moved('Tcp PassiveOpens', 9)],
  bottlenecks: [],
  nofile: 64,
};

describe('library: which limit it was', () => {
  const overflow = [moved('TcpExt ListenOverflows', 4)];
  const full = { descriptors: 64, acceptQueue: 17 };
  for (const [what, change, by] of [
    ['nobody failed, whatever moved', { failed: 0, counters: overflow, peak: full }, 'nothing'],
    [
      'the robots ran out first',
      { bottlenecks: [{ what: 'ports', says: '', users: 1 }], peak: full },
      'robots',
    ],
    [
      'a bottleneck that no user met is none',
      { bottlenecks: [{ what: 'loop', says: '', users: 0 }] },
      'unknown',
    ],
    ['all descriptors in use', { peak: full, counters: overflow }, 'nofile'],
    ['the accept queue overflowed', { counters: overflow }, 'accept-queue'],
    ['the SYN queue dropped', { counters: [moved('TcpExt TCPReqQFullDrop', 2)] }, 'syn-queue'],
    ['the server said so', { failures: [{ outcome: 'protocol', stage: 'upgrade', count: 3 }] }, 'server'],
    ['nothing explains it', {}, 'unknown'],
    ['descriptors that could not be seen name no limit', { peak: full, nofile: undefined }, 'unknown'],
  ] as [string, Partial<typeof SEEN>, string][]) {
    it(`${what}: ${by}`, () => assert.equal(limitOf({ ...SEEN, ...change }).by, by));
  }
});

/** What a trial sees of the evidence on which diagnose judges. */
function seenIn({ fleet, observer }: Evidence): Parameters<typeof limitOf>[0] {
  const failures = failuresOf(fleet.users);
  const most = (read: (line: ObservedLine) => number | undefined) =>
    Math.max(...observer.series.map((line) => read(line) ?? 0));
  return {
    failed: failures.reduce((sum, { count }) => sum + count, 0),
    failures,
    peak: {
      descriptors: most(({ descriptors }) => descriptors),
      acceptQueue: most(({ acceptQueue }) => acceptQueue),
    },
    counters: Object.entries(observer.series.at(-1)?.deltas ?? {}).map(([name, by]) => moved(name, by)),
    bottlenecks: fleet.done?.bottlenecks ?? [],
    nofile: observer.before?.process?.nofileSoft,
  };
}

/** Which limit a confirmed cause is, in the words of a trial; the first that is told. */
const LIMIT_OF: Record<string, string> = {
  'fd-exhaustion': 'nofile',
  'accept-queue-drop': 'accept-queue',
  'accept-queue-reset': 'accept-queue',
  'late-reset': 'accept-queue',
  'syn-queue': 'syn-queue',
};

function judgedLimit(evidence: Evidence): string {
  const facts = drawFacts(evidence);
  const confirmed = judgeOutside(facts).filter(({ verdict }) => verdict === 'confirmed');
  const [limit] = confirmed.flatMap(({ cause }) => LIMIT_OF[cause] ?? []);
  return limit ?? (facts.failed.length === 0 ? 'nothing' : 'unknown');
}

/** Where a trial names a limit that diagnose does not: one overflow or drop is enough for it, whoever failed, and however. */
const KNOWN_WRONG: ReadonlySet<string> = new Set([
  'room 715 0 0 ? 20 paced 60 x eof @ open',
  'room 0 0 0 ? 20 paced 60 x reset @ upgrade | counter:TcpExt_TCPReqQFullDrop=2',
]);

describe('library: the limit, and what diagnose says of the same evidence', () => {
  for (const situation of [
    'room 0 0 0 ? 20 paced none',
    'room 715 0 0 ? 20 paced none',
    'full 0 0 0 ? 20 paced 60 x reset @ upgrade',
    'full 715 0 0 ? 20 paced 60 x reset @ upgrade',
    'full 0 0 0 ? 20 paced 60 x timeout @ upgrade',
    'full 0 0 0 ? 20 paced none',
    'room 0 0 0 ? 20 paced 60 x reset @ upgrade',
    'room 0 0 0 ? 20 paced 60 x timeout @ upgrade',
    'room 715 0 0 ? 20 paced 60 x timeout @ connect',
    'room 715 1 0 ? 20 paced 60 x reset @ upgrade',
    'room 715 0 0 ? 20 paced 60 x reset @ upgrade',
    'room 715 0 0 ? 20 paced 60 x eof @ open',
    'room 0 0 0 ? 20 paced 60 x timeout @ connect | counter:TcpExt_TCPReqQFullDrop=60 counter:TcpExt_ListenDrops=60',
    'room 0 0 0 ? 20 paced 60 x reset @ upgrade | counter:TcpExt_TCPReqQFullDrop=2',
    '? 0 0 0 ? 20 paced 60 x reset @ upgrade',
  ]) {
    const [columns = '', extras = ''] = situation.split(' | ');
    const evidence = evidenceOf(parse(`${columns} | stranger=511 ${extras}`), 1);
    itSays(KNOWN_WRONG, situation, judgedLimit(evidence), () => limitOf(seenIn(evidence)).by as string);
  }
});

describe('library: the diagnosis of a trial', () => {
  it('groups users that failed alike, the largest group first, and leaves out who did not', () => {
    const user = (outcome: UserLine['outcome'], errno?: string) =>
      ({ outcome, stage: 'upgrade', ...(errno && { errno }) }) as UserLine;
    assert.deepEqual(
      failuresOf([user('open'), user('eof'), user('reset', 'EPIPE'), user('reset', 'EPIPE')]),
      [
        { outcome: 'reset', stage: 'upgrade', errno: 'EPIPE', count: 2 },
        { outcome: 'eof', stage: 'upgrade', count: 1 },
      ],
    );
  });

  it('says how many, how, by which limit, which counters moved, and what was in force', () => {
    const trial: TrialResult = {
      kind: 'http',
      users: 60,
      open: 42,
      failed: 18,
      rampMs: 500,
      failures: [{ outcome: 'reset', stage: 'upgrade', errno: 'ECONNRESET', count: 18 }],
      limitedBy: 'nofile',
      says: 'all 64 descriptors of the server in use',
      counters: [moved('TcpExt TCPAbortOnClose', 18), moved('Tcp PassiveOpens', 60)],
      peak: { descriptors: 64, acceptQueue: 3 },
      left: 4,
      settings: { nofile: 64, somaxconn: 256, tcp_fin_timeout: 60 },
    };
    assert.deepEqual(diagnosisOf(trial).split('\n'), [
      '60 users asked, 42 open, 18 failed (http, over 500 ms)',
      '  18 × reset in upgrade (ECONNRESET)',
      '  limited by: nofile (all 64 descriptors of the server in use)',
      '  TcpExt TCPAbortOnClose: 5 → 23 (/proc/net/netstat of the server)',
      '  4 connections still held after the users had left',
      '  in force: nofile 64, somaxconn 256',
    ]);
  });
});
