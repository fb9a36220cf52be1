import assert from 'node:assert/strict';
import { drawFacts } from '../../lab/facts/facts.ts';
import { judgeOutside } from '../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../lab/verdict/registry.ts';
import { limitOf } from '../../library/limited-by.ts';
import { failuresOf, type TrialResult, watchLoaded } from '../../library/trial.ts';
import { diagnosisOf } from '../../library/trial-diagnosis.ts';
import type { FleetDoneLine, UserLine } from '../../protocol/fleet-events.ts';
import { evidenceOf, parse } from '../lab/verdict/situation.ts';

const moved = (name: string, by: number) => ({ name, source: '/proc/net/netstat', before: 5, after: 5 + by });

/** Of a stranger's server, as the truth table writes it: what is in force, what its users came to, and what is seen beside. */
function limit(situation: string, bottlenecks: FleetDoneLine['bottlenecks'] = []) {
  const [columns = '', extras = ''] = situation.split(' | ');
  const facts = drawFacts(evidenceOf(parse(`${columns} | stranger=511 ${extras}`), 1));
  return limitOf(facts, judgeOutside(facts, CAUSES), bottlenecks);
}

describe('library: which limit it was', () => {
  const SYN_DROPS = 'counter:TcpExt_TCPReqQFullDrop=60 counter:TcpExt_ListenDrops=60';
  for (const [situation, limitedBy, says] of [
    ['room 0 0 0 ? 20 paced none', 'nothing'],
    ['room 715 0 0 ? 20 paced none', 'nothing'],
    ['full 0 0 0 ? 20 paced none', 'nothing'],
    ['full 0 0 0 ? 20 paced 60 x reset @ upgrade', 'nofile', /^all 4096 descriptors of the server in use$/],
    ['full 715 0 0 ? 20 paced 60 x reset @ upgrade', 'nofile'],
    ['full 0 0 0 ? 20 paced 60 x timeout @ upgrade', 'nofile'],
    ['room 715 0 0 ? 20 paced 60 x timeout @ connect', 'accept-queue', /^the accept queue overflowed 715 times, at most \d+ connections seen in it$/],
    ['room 715 1 0 ? 20 paced 60 x reset @ upgrade', 'accept-queue'],
    ['room 715 0 0 ? 20 paced 60 x reset @ upgrade | forgotten=all', 'accept-queue'],
    ['room 715 0 0 ? 20 paced 60 x reset @ upgrade', 'unknown'],
    [`room 0 0 0 ? 20 paced 60 x timeout @ connect | ${SYN_DROPS}`, 'syn-queue', /^60 SYNs dropped: the SYN queue was full$/],
    ['room 0 0 0 ? 20 paced 5 x no-port @ connect', 'robots', /^ephemeral-ports: 5 robots without a local port/],
    ['room 715 0 0 ? 20 paced 5 x no-port @ connect + 60 x timeout @ connect', 'accept-queue'],
    ['room 715 0 0 ? 20 paced 60 x no-port @ connect + 5 x timeout @ connect', 'robots'],
    ['room 0 0 0 ? 20 paced 60 x protocol @ upgrade', 'server', /^the server itself turned users away: /],
    ['room 0 0 0 ? 20 paced 60 x closed @ open', 'server', /^the server itself turned users away: a close frame$/],
    ['room 0 0 0 ? 20 paced 6 x closed @ open + 60 x reset @ open', 'unknown'],
    ['room 0 0 0 crash 20 paced 60 x reset @ open', 'server', /^app-timeout-or-panic: /],
    ['room 0 0 0 ? 20 paced 60 x reset @ upgrade', 'unknown', /^no watched limit was reached: /],
    ['room 0 0 0 ? 20 paced 60 x timeout @ upgrade', 'unknown'],
    ['? 0 0 0 ? 20 paced 60 x reset @ upgrade', 'unknown'],
    // A queue was full meanwhile, and nobody who failed did so by it.
    ['room 715 0 0 ? 20 paced 60 x eof @ open', 'unknown'],
    ['room 0 0 0 ? 20 paced 60 x reset @ upgrade | counter:TcpExt_TCPReqQFullDrop=2', 'unknown'],
  ] as [string, TrialResult['limitedBy'], RegExp?][]) {
    it(`${situation}: ${limitedBy}`, () => {
      const found = limit(situation);
      assert.equal(found.limitedBy, limitedBy);
      if (says) assert.match(found.says ?? '', says);
    });
  } // biome-ignore format: one situation a line

  it('of several figures one that changed tells why', () => {
    const facts = drawFacts(
      evidenceOf(parse('room 0 0 0 ? 20 paced 60 x reset @ upgrade | stranger=511'), 1),
    );
    const figure = { source: 'process', read: 'process' } as const;
    const alive = { ...figure, name: 'exit', before: 'running', after: 'running', says: 'alive to the end' };
    const ended = { ...figure, name: 'workers that ended', before: 0, after: 2, says: '2 processes ended' };
    const verdict = { cause: 'app-timeout-or-panic', verdict: 'confirmed', explains: 60 } as const;
    assert.equal(
      limitOf(facts, [{ ...verdict, for: [alive, ended], against: [] }], []).says,
      'app-timeout-or-panic: 2 processes ended',
    );
  });

  it('of users whom it never took out of its queue that is told', () => {
    const evidence = evidenceOf(parse('room 0 0 0 ? 20 paced 60 x timeout @ upgrade | stranger=511'), 1);
    const came = evidence.fleet.users.flatMap(({ port }) => port ?? []);
    for (const line of evidence.observer.series.slice(0, 1)) line.server = { holders: {}, came };
    const facts = drawFacts(evidence);
    const found = limitOf(facts, judgeOutside(facts, CAUSES), []);
    assert.equal(found.limitedBy, 'unknown');
    assert.match(found.says ?? '', /^60 users gave up in the accept queue; the server never accepted them/);
  });

  const unexplained = 'room 0 0 0 ? 20 paced 60 x timeout @ upgrade';
  it('the robots say that it was them, and nothing else explains it: robots', () => {
    const loop = { what: 'loop', says: 'blocked', users: 60 } as const;
    assert.deepEqual(limit(unexplained, [loop]), { limitedBy: 'robots', says: 'blocked' });
    assert.equal(limit(unexplained, [{ ...loop, users: 0 }]).limitedBy, 'unknown', 'no user met it');
    assert.equal(limit('full 0 0 0 ? 20 paced 60 x timeout @ upgrade', [loop]).limitedBy, 'nofile');
  });
});

describe('library: a server of several processes', () => {
  /** The first has the listener, 12 descriptors and nofile 64; the other may have 65536, and has so many in the load. */
  function watched(first: number, other: number): number | undefined {
    const evidence = evidenceOf(parse('room 0 0 0 ? 20 paced none | stranger=511'), 1);
    const { before, series } = evidence.observer;
    const descriptors = Array.from({ length: 12 }, (_, number) => number);
    const holder = { name: 'server', user: 0, descriptors };
    assert.ok(before?.server);
    before.server.holders = [
      { ...holder, pid: 1, nofileSoft: 64, nofileHard: 64 },
      { ...holder, pid: 8, nofileSoft: 65_536, nofileHard: 65_536 },
    ];
    const holders = { 1: { state: 'S', descriptors: first }, 8: { state: 'S', descriptors: other } };
    for (const line of series) line.server = { holders };
    watchLoaded(evidence);
    return before.process?.pid;
  }

  it('watches the one that the load came to, whichever is nearer to its limit', () =>
    assert.equal(watched(12, 40), 8));
  it('watches one that is full, whichever the load came to', () => assert.equal(watched(64, 40), 1));
  it('watches the one nearest to its limit where the load came to none', () =>
    assert.equal(watched(12, 12), 1));
});

const TRIAL: TrialResult = {
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

  it('tells an answer of HTTP by its status, and what a server said before it closed', () => {
    const cut = {
      outcome: 'eof',
      stage: 'open',
      said: 'ERR max number of clients reached\\r\\n',
    } as UserLine;
    const line = 'HTTP/1.1 503 Busy';
    const said = `${line}\\r\\nDate: x`;
    const refused = { outcome: 'protocol', stage: 'upgrade', status: 503, detail: line, said } as UserLine;
    const failures = failuresOf([cut, refused, cut]);
    assert.deepEqual(failures, [
      { ...cut, count: 2 },
      { ...refused, count: 1 },
    ]);
    const lines = diagnosisOf({ ...TRIAL, failures }).split('\n');
    assert.deepEqual(lines.slice(1, 3), [
      '  2 × eof in open, the server said "ERR max number of clients reached"',
      '  1 × HTTP 503 in upgrade: HTTP/1.1 503 Busy',
    ]);
  });

  it('says how many, how, by which limit, which counters moved, and what was in force', () => {
    assert.deepEqual(diagnosisOf(TRIAL).split('\n'), [
      '60 users requested, 42 open, 18 failed (http, over 500 ms)',
      '  18 × reset in upgrade (ECONNRESET)',
      '  limited by: nofile (all 64 descriptors of the server in use)',
      '  TcpExt TCPAbortOnClose: 5 → 23 (/proc/net/netstat of the server)',
      '  4 connections still open after the users had left',
      '  in force: nofile 64, somaxconn 256',
    ]);
  });
});
