import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { newLedger } from '../../../lab/evidence/ledger/ledger.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { wasResetByNeither } from '../../../lab/facts/filtered-packets.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import type { ConnectionLine, Told } from '../../../protocol/connection-events.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { ServerSample } from '../../../protocol/observer-events.ts';
import type { Counters } from '../../../system/counters.ts';

const told = <T>(is: T, within?: number): Told<T> => ({
  is,
  by: 'ss -E',
  ...(within === undefined ? {} : { within }),
});

describe('facts: a reset that neither end has sent', () => {
  const user: UserLine = {
    event: 'user',
    id: 1,
    outcome: 'reset',
    stage: 'upgrade',
    port: 4000,
    startedAt: 10_000,
    connectedMs: 1,
    endedMs: 3,
    bets: { placed: 0, acked: 0, rejected: 0 },
  };
  const line: ConnectionLine = {
    event: 'connection',
    at: 20_000,
    local: '127.0.0.1:80',
    remote: '127.0.0.1:4000',
    complete: told(10_050, 60),
  };
  const is = (more: Partial<ConnectionLine>, of: Partial<UserLine> = {}) =>
    wasResetByNeither({ ...user, ...of }, () => ({ ...line, ...more }));

  it('the server has it open, or had it long after', () => {
    assert.equal(is({ open: true }), true);
    assert.equal(is({ closed: told(19_000, 500), closedBy: told('server'), how: told('FIN') }), true);
    assert.equal(is({ forged: { is: true, by: 'tracefs' }, closed: told(10_004) }), true);
  });

  it('the server heard the RST of a kernel that had no such connection any more', () => {
    assert.equal(is({ closed: told(10_010), closedBy: told('client'), how: told('RST') }), true);
  });

  it('not where the server sent it, ended it in that moment, or it is not known', () => {
    assert.equal(is({ closed: told(10_003), closedBy: told('server'), reset: told('server') }), false);
    assert.equal(is({ closed: told(11_000), reset: told('server') }), false);
    assert.equal(is({ closed: told(10_100, 100) }), false);
    assert.equal(is({}), false);
    assert.equal(
      wasResetByNeither(user, () => undefined),
      false,
    );
  });

  it('not by the connection of somebody else that has this port later, or may be of another server', () => {
    assert.equal(is({ open: true, complete: told(15_000, 60) }), false);
    assert.equal(is({ open: true, shared: true }), false);
  });

  it('not of a user that failed otherwise', () => {
    assert.equal(is({ open: true }, { outcome: 'eof' }), false);
    assert.equal(is({ open: true }, { outcome: 'timeout' }), false);
  });
});

/** Verdicts on a server whose users nobody asked, by what was seen beside it, and by the growth of counters. */
function watched(
  samples: readonly Partial<ServerSample>[],
  deltas: Counters = {},
  enfile = 0,
  more: Partial<Evidence> = {},
) {
  const asked = { ...settingsSchema.parse({ users: 1 }), users: 0 };
  const host = { os: 'linux', kernel: '', node: '' };
  const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  const names = [
    'Ip InReceives',
    'Ip InDelivers',
    'TcpExt IPReversePathFilter',
    'Tcp OutRsts',
    'Icmp OutDestUnreachs',
  ];
  evidence.observer.before = {
    event: 'snapshot',
    at: 0,
    when: 'before',
    counters: Object.fromEntries(names.map((name) => [name, 0])),
    sysctls: {},
    server: { port: 80, addresses: ['*'], holders: [], unseen: [] },
    cost: { cpuMicros: 0, wallMs: 0, samples: 0 },
  };
  evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 0, by: 'ss -E', lost: 0 };
  if (enfile > 0)
    evidence.ledger.witnesses.tracefs = {
      event: 'witness',
      at: 0,
      by: 'tracefs',
      lost: 0,
      failedAccepts: { ENFILE: enfile },
    };
  for (const [index, sample] of samples.entries())
    evidence.observer.series.push({
      event: 'observed',
      at: 100 * (index + 1),
      state: '?',
      acceptQueue: 0,
      deltas,
      server: { holders: {}, ...sample },
    });
  Object.assign(evidence, more);
  const verdicts = judgeOutside(drawFacts(evidence), CAUSES);
  return (cause: string) => {
    const one = verdicts.find((verdict) => verdict.cause === cause);
    return [one?.verdict, one?.explains];
  };
}

const rule = (packets?: number) => [
  { at: 'inet t in, handle 2', does: 'drop', ...(packets === undefined ? {} : { packets }) },
];
const FILTERED = { 'Ip InReceives': 500, 'Ip InDelivers': 400 };

describe('verdict: packets that something outside TCP has dropped', () => {
  it('a rule for the port that has counted some: one user for each that is rejected, and fewer where each sends again', () => {
    for (const [does, users] of [
      ['reject with tcp reset', 23],
      ['drop', 2],
    ] as const) {
      const [first, last] = [rule(7), rule(30)].map((rules) => rules.map((one) => ({ ...one, does })));
      assert.ok(first && last);
      assert.deepEqual(watched([{ filter: first }, { filter: last }])('packet-filter'), ['confirmed', users]);
    }
  });

  const UNMET = { unheard: 20, syns: 50, refused: 30, early: 0 };
  for (const [what, samples, deltas, expected] of [
    ['not heard and refused, beside as many packets filtered', [{ unmet: UNMET, drops: 0 }], FILTERED, 50],
    ['more of them than packets filtered', [{ unmet: { ...UNMET, syns: 71 }, drops: 0 }], FILTERED, 0],
    ['its listener has dropped some', [{ unmet: UNMET, drops: 15 }], FILTERED, 35],
    ['whether its listener drops is not known', [{ unmet: UNMET }], FILTERED, 30],
    ['its listener was opened anew', [{ unmet: UNMET, drops: 0 }, { reopened: true }], FILTERED, 20],
    [
      'netfilter had no room for its table',
      [
        { conntrack: { count: 9, max: 9, dropped: 1, early: 0 } },
        { unmet: UNMET, drops: 0, conntrack: { count: 9, max: 9, dropped: 31, early: 0 } },
      ],
      FILTERED,
      0,
    ],
  ] as const)
    it(`clients of this machine without a connection, ${what}: ${expected}`, () => {
      const [verdict, explains] = watched(samples, deltas)('packet-filter');
      assert.deepEqual([verdict === 'confirmed', explains], [expected > 0, expected]);
    });

  for (const [icmp, expected] of [
    [12, 12],
    [0, 0],
  ] as const)
    it(`clients that had no answer of TCP, beside ${icmp} ICMP errors: ${expected}`, () => {
      const samples = [{ unmet: { unheard: 0, syns: 0, refused: 0, early: 20 }, drops: 0 }];
      const seen = watched(samples, { ...FILTERED, 'Icmp OutDestUnreachs': icmp });
      assert.equal(seen('packet-filter')[1], expected);
    });

  for (const [what, lost, expected] of [
    ['', 0, 3],
    [', and events were lost', 1, 0],
  ] as const)
    it(`clients refused by no TCP${what}: ${expected}`, () => {
      const refusals: Evidence['refusals'] = [{ event: 'refusals', at: 50, ports: [], forged: [4, 5, 6] }];
      const ledger = newLedger();
      ledger.witnesses.tracefs = { event: 'witness', at: 0, by: 'tracefs', lost };
      const seen = watched([{}], FILTERED, 0, { refusals, ledger });
      assert.equal(seen('packet-filter')[1], expected);
    });

  it('one that was there, and counted nobody: refuted', () => {
    assert.deepEqual(watched([{ filter: rule(7) }, { filter: rule(7) }])('packet-filter'), ['refuted', 0]);
  });

  it('connections of its own without another end, beside a rule for its port without a counter', () => {
    const seen = watched([{ filter: rule(), otherEnds: { gone: 60, there: 9 } }], FILTERED);
    assert.deepEqual(seen('packet-filter'), ['confirmed', 60]);
  });

  it('what was filtered in the namespace alone confirms nothing, and rules nothing out', () => {
    assert.deepEqual(watched([{}], FILTERED)('packet-filter'), ['insufficient-data', 0]);
    assert.deepEqual(watched([{ filter: rule() }], FILTERED)('packet-filter'), ['contributing', 0]);
    assert.deepEqual(watched([{ filter: [] }], FILTERED)('packet-filter'), ['refuted', 0]);
    assert.deepEqual(watched([{ otherEnds: { gone: 60, there: 9 } }], FILTERED)('packet-filter'), [
      'contributing',
      0,
    ]);
    assert.deepEqual(watched([{ otherEnds: { gone: 60, there: 9 } }])('packet-filter'), [
      'insufficient-data',
      0,
    ]);
  });

  it('what was forwarded, damaged or reassembled is no filter’s', () => {
    const all = { ...FILTERED, 'TcpExt IPReversePathFilter': 100 };
    assert.deepEqual(watched([{}], all)('packet-filter'), ['refuted', 0]);
  });

  it('the reverse path filter counts for the whole namespace: contributing at most', () => {
    assert.deepEqual(watched([{}], { 'TcpExt IPReversePathFilter': 9 })('reverse-path-filter'), [
      'contributing',
      0,
    ]);
    assert.deepEqual(watched([{}])('reverse-path-filter'), ['refuted', 0]);
  });

  const tracked = (count: number, dropped: number, early = 0) => ({
    conntrack: { count, max: 1000, dropped, early },
  });
  for (const [what, samples, verdict] of [
    ['full, and packets were dropped', [tracked(900, 5), tracked(1000, 50)], 'contributing'],
    ['full, and entries were thrown out', [tracked(900, 5), tracked(1000, 5, 3)], 'contributing'],
    ['full, and nothing was dropped', [tracked(1000, 5), tracked(1000, 5)], 'refuted'],
    ['half full, and packets were dropped for another reason', [tracked(500, 5), tracked(500, 9)], 'refuted'],
    ['not there', [{}], 'refuted'],
  ] as const)
    it(`conntrack-full: a table that is ${what}: ${verdict}`, () => {
      assert.deepEqual(watched(samples)('conntrack-full'), [verdict, 0]);
    });

  for (const [what, samples, enfile, verdict] of [
    ['full', [{ fileTable: { used: 999, max: 1000 } }], 0, 'contributing'],
    ['with room', [{ fileTable: { used: 821, max: 1000 } }], 0, 'refuted'],
    [
      'with room when it was looked at, and accept said ENFILE',
      [{ fileTable: { used: 821, max: 1000 } }],
      4,
      'contributing',
    ],
  ] as const)
    it(`file-table-full: a table ${what}: ${verdict}`, () => {
      assert.deepEqual(watched(samples, {}, enfile)('file-table-full'), [verdict, 0]);
    });
});
