import assert from 'node:assert/strict';
import { byClaims, byEnds, type Cause, item } from '../../../lab/causes/shared/cause.ts';
import type { Verdict } from '../../../lab/causes/shared/verdict-types.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import type { ServerEnd } from '../../../lab/facts/connections.ts';
import { drawFacts, type Facts } from '../../../lab/facts/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { judgeOutside, type OutsideVerdict } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { itSays } from '../known-wrong.ts';
import { evidenceOf, parse } from './situation.ts';

/** The evidence of a situation of the truth table: a server that is not ours, and robots of ours. */
function strange(situation: string, extras = ''): Evidence {
  return evidenceOf(parse(`${situation} | stranger=511 ${extras}`), 1);
}

function judged(evidence: Evidence): (cause: string) => OutsideVerdict {
  const verdicts = judgeOutside(drawFacts(evidence), CAUSES);
  return (cause) => verdicts.find((one) => one.cause === cause) ?? assert.fail(`${cause} was not judged`);
}

const names = ({ for: pro, against }: OutsideVerdict) => [...pro, ...against].map(({ name }) => name);
const sources = (verdicts: readonly Verdict[] | readonly OutsideVerdict[]) =>
  verdicts.flatMap((one) => [...one.for, ...one.against]).map(({ source }) => source);

const sign = item('ledger', 'connections', 0, 3, 'three ended');

const HEALTHY = 'room 0 0 0 ? 20 paced none';
const RESET = 'room 0 0 0 ? 20 paced 60 x reset @ upgrade';

describe('verdict: a server that is not ours, by how robots of ours fared', () => {
  it('gives to each user the cause that judge gives, whatever else it says', () => {
    const mixed =
      'full 715 0 0 ? 20 paced 40 x reset @ upgrade + 30 x timeout @ connect + 7 x no-port @ connect';
    const facts = drawFacts(strange(mixed));
    const explains = (verdicts: readonly { cause: string; explains: number }[]) =>
      verdicts.map(({ cause, explains }) => [cause, explains]);
    assert.deepEqual(explains(judgeOutside(facts, CAUSES)), explains(judge(facts, CAUSES)));
    assert.equal(facts.failed.length, 77);
  });

  it('says nothing of lines that a stranger does not write, and always why', () => {
    for (const situation of [HEALTHY, RESET, 'full 715 1 9 ? 20 paced 9 x eof @ open']) {
      const facts = drawFacts(strange(situation));
      // Our own gateway's judge does ask for them.
      assert.ok(sources(judge(facts, CAUSES)).some((source) => source.startsWith('gateway stdout')));
      const verdicts = judgeOutside(facts, CAUSES);
      assert.ok(!sources(verdicts).some((source) => source.startsWith('gateway stdout')));
      for (const verdict of verdicts) assert.ok(names(verdict).length > 0, `${verdict.cause} has no reason`);
    }
  });

  it('holds a law against it only where one process has all its connections', () => {
    const laws = (evidence: Evidence) =>
      sources(judgeOutside(drawFacts(evidence), CAUSES)).filter((source) => source === 'law').length;
    const one = strange('full 0 0 0 ? 20 paced 60 x reset @ upgrade');
    assert.ok(laws(one) > 0, 'there is a law to hold');
    const two = structuredClone(one);
    two.observer.before?.server?.holders.push({
      ...{ pid: 78, name: 's', user: 0, nofileSoft: 4096, nofileHard: 4096, descriptors: [] },
    });
    assert.equal(laws(two), 0);
  });

  it('what the server shows and no user met is a contribution, with how many met it', () => {
    const drop = judged(strange('room 900 0 0 ? 20 paced 60 x reset @ upgrade'))('accept-queue-drop');
    assert.deepEqual([drop.verdict, drop.explains, drop.against], ['contributing', 0, []]);
    const unhurt = drop.for.find(({ name }) => name === 'failed users');
    assert.deepEqual([unhurt?.source, unhurt?.after], ['robots', 0]);
    assert.ok(drop.for.some(({ name, after }) => name === 'TcpExt ListenOverflows' && after === 900));
  });

  it('what users met and the server shows is confirmed by both, no figure twice', () => {
    const evidence = strange('full 0 0 0 ? 20 paced 60 x reset @ upgrade');
    const full = judged(evidence)('fd-exhaustion');
    assert.deepEqual([full.verdict, full.explains], ['confirmed', 60]);
    const items = full.for.map(({ name }) => name);
    assert.deepEqual(items, [...new Set(items)]);
    const users = judge(drawFacts(evidence), CAUSES).find(({ cause }) => cause === 'fd-exhaustion');
    const more = items.filter((name) => !users?.for.some((item) => item.name === name));
    assert.deepEqual(
      more,
      ['ended while none was free', 'accept queue, never empty'],
      'what the server alone shows is added',
    );
  });

  it('with failures its own doing stays open, and without it is ruled out', () => {
    for (const cause of ['idle-timeout', 'gateway-restart', 'message-too-large', 'cpu-quota'])
      assert.equal(judged(strange(RESET))(cause).verdict, 'insufficient-data', cause);
    for (const cause of ['gateway-restart', 'gateway-crash', 'app-timeout-or-panic', 'idle-timeout'])
      assert.equal(judged(strange(HEALTHY))(cause).verdict, 'refuted', cause);
    // A process that lives did not crash, whoever failed.
    assert.equal(judged(strange(RESET))('gateway-crash').verdict, 'refuted');
  });

  it('says of the unexplained who gave up in the queue and was never taken, and where it idled', () => {
    const evidence = strange('room 0 0 0 ? 20 paced 60 x timeout @ upgrade', 'cpu=0.02');
    const ports = evidence.fleet.users.flatMap(({ port }) => port ?? []);
    const queued = 'accept queue, never accepted';
    assert.ok(!names(judged(evidence)('unknown')).includes(queued), 'nobody saw them come');
    const [line] = evidence.observer.series;
    if (line) line.server = { holders: {}, came: ports };
    const told = judged(evidence)('unknown').for.find(({ name }) => name === queued);
    assert.equal(told?.after, 60);
    assert.match(told?.says ?? '', /2 %/);
    if (line?.server) line.server.taken = ports;
    assert.ok(!names(judged(evidence)('unknown')).includes(queued), 'accept(2) took them');
  });
});

const confirmedOf = (evidence: Evidence) =>
  judgeOutside(drawFacts(evidence), CAUSES).flatMap(({ cause, verdict }) =>
    verdict === 'confirmed' ? cause : [],
  );

/** Let in one after another for ten seconds, and every fifth refused, as a firewall does it that rejects. */
function rejected(): Evidence {
  const evidence = strange('room 0 0 0 ? 20 paced 400 x refused @ connect');
  const [begun = 0] = evidence.fleet.phases.map(({ at }) => at);
  for (const [index, user] of [...evidence.fleet.users].entries()) {
    user.startedAt = begun + index;
    if (user.outcome === 'open') user.openMs = 1;
    else Object.assign(user, { startedAt: begun + 500 + index / 10, endedMs: 0 });
  }
  return evidence;
}

/** Where users of ours fail, and the kernel counted something that may have been anybody's; what is confirmed then. */
const BESIDE: [what: string, right: unknown, said: () => unknown][] = [
  [
    'users that timed out, and no packet lost',
    [],
    () => confirmedOf(strange('room 0 0 0 ? 20 paced 50 x timeout @ upgrade')),
  ],
  [
    'users that timed out over lo, and one frame dropped by another interface',
    [],
    () => {
      const evidence = strange('room 0 0 0 ? 20 paced 50 x timeout @ upgrade', 'counter:eth0_rx_dropped=1');
      for (const { deltas } of evidence.observer.series) deltas['eth0 rx_packets'] = 1000;
      Object.assign(evidence.observer.before?.counters ?? {}, { 'eth0 rx_packets': 9 });
      return confirmedOf(evidence);
    },
  ],
  ['users refused in between, and a listener in every sample', [], () => confirmedOf(rejected())],
  [
    'the same users refused all at once, while nobody was let in: a restart between two samples',
    ['app-timeout-or-panic', 'gateway-restart'],
    () => {
      const evidence = rejected();
      const moment = evidence.observer.series[20]?.at ?? 0;
      for (const user of evidence.fleet.users)
        if (user.outcome === 'refused') user.startedAt = moment + 10;
        else if (user.startedAt > moment && user.startedAt < moment + 45) user.startedAt = moment + 48;
      return confirmedOf(evidence);
    },
  ],
  [
    'one overflow explains one user of thirty that timed out in connect, at most',
    true,
    () => {
      const evidence = strange('room 1 0 0 ? 20 paced 30 x timeout @ connect');
      return judged(evidence)('accept-queue-drop').explains <= 1;
    },
  ],
  [
    'users that were reset, and RSTs of everybody in the namespace',
    [],
    () => confirmedOf(strange(RESET, 'counter:Tcp_OutRsts=5000')),
  ],
];

const KNOWN_WRONG: ReadonlySet<string> = new Set([]);

describe('verdict: a server that is not ours, and what its kernel counted of others', () => {
  for (const [what, right, said] of BESIDE) itSays(KNOWN_WRONG, what, right, said);

  it('what is known to be wrong is tried', () => {
    const tried = BESIDE.map(([what]) => what);
    assert.deepEqual(
      [...KNOWN_WRONG].filter((what) => !tried.includes(what)),
      [],
    );
  });
});

it('verdict: an end of a connection is explained once, by a form before the wider cause, by who goes before', () => {
  const line = { event: 'connection', at: 1, local: '127.0.0.1:80' } as const;
  const ends: ServerEnd[] = [1, 2, 3].map((at) => ({ at, fate: 'reset', atOnce: false, line }));
  const made = (id: string, own: readonly ServerEnd[], more: Partial<Cause> = {}): Cause => ({
    ...{ id, title: id, toldBy: 'kernel', looksLike: id, claims: () => false },
    judge: (_facts, claimed) => byClaims(claimed, []),
    signs: () => byEnds(own, [sign]),
    ...more,
  });
  const evidence = strange(HEALTHY);
  const facts = { ...drawFacts(evidence), asked: 0, failed: [] } as unknown as Facts;
  const told = (...causes: Cause[]) =>
    judgeOutside(facts, causes).map(({ cause, verdict, explains }) => `${cause} ${verdict} ${explains}`);
  assert.deepEqual(told(made('wide', ends), made('form', ends.slice(1), { under: 'wide' })), [
    'wide confirmed 1',
    'form confirmed 2',
  ]);
  assert.deepEqual(told(made('second', ends, { after: [{ id: 'first' }] }), made('first', ends)), [
    'second contributing 0',
    'first confirmed 3',
  ]);
});
