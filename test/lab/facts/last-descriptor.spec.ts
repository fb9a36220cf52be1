import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';

const LIMIT = 40;
const AT_REST = 10;
const STEP_MS = 100;
const SERVED = 15;

/**
 * A stranger's server of which so many descriptors are in use at each sample, STEP_MS apart, and users of ours that it answers with 500
 * at these moments, after others were served.
 */
function evidenceOf(
  levels: readonly number[],
  answersAt: readonly number[],
  { served = SERVED, atRest = AT_REST, other }: { served?: number; atRest?: number; other?: number[] } = {},
): Evidence {
  const users = served + answersAt.length;
  const evidence = noEvidence({
    host: { os: 'linux', kernel: '0', node: 'v0' },
    runtime: 'native',
    driver: 'robots',
    exclusive: false,
    asked: settingsSchema.parse({ users, nofile: LIMIT, kind: 'http' }),
  });
  const base = { event: 'user', bets: { placed: 0, acked: 0, rejected: 0 }, connectedMs: 1 } as const;
  for (let id = 0; id < served; id += 1)
    evidence.fleet.users.push({ ...base, id, startedAt: 0, outcome: 'open', stage: 'open', openMs: 5 });
  for (const [index, at] of answersAt.entries())
    evidence.fleet.users.push({
      ...{ ...base, id: served + index, startedAt: at - 5, endedMs: 5 },
      ...{ outcome: 'protocol', stage: 'upgrade', status: 500, detail: 'HTTP/1.1 500 Internal Server Error' },
    });
  const end = levels.length * STEP_MS;
  evidence.fleet.phases.push({ event: 'phase', at: end, phase: 'settled' });
  const holder = (pid: number, descriptors: number) => ({
    ...{ pid, name: 's', nofileSoft: LIMIT, nofileHard: LIMIT, user: 0 },
    descriptors: [...Array(descriptors).keys()],
  });
  evidence.observer.before = {
    ...{ event: 'snapshot', at: -STEP_MS, when: 'before', counters: {}, sysctls: {} },
    process: holder(1, atRest),
    server: {
      ...{ port: 80, addresses: ['*'], others: [], unseen: [] },
      holders: [holder(1, atRest), ...(other ? [holder(2, AT_REST)] : [])],
    },
    cost: { cpuMicros: 0, wallMs: 1, samples: 0 },
  };
  for (const [index, descriptors] of levels.entries())
    evidence.observer.series.push({
      ...{ event: 'observed', at: index * STEP_MS, descriptors, state: 'S', deltas: {} },
      server: {
        holders: {
          1: { state: 'S', descriptors },
          ...(other ? { 2: { state: 'S', descriptors: other[index] ?? 0 } } : {}),
        },
      },
    });
  return evidence;
}

const judged = (evidence: Evidence) => {
  const verdicts = judgeOutside(drawFacts(evidence), CAUSES);
  return (id: string) => verdicts.find(({ cause }) => cause === id);
};

/** It fills up at 1000 ms. */
const FILLS = [...Array(10).fill(20), ...Array(20).fill(LIMIT - 1)] as number[];
const THEN = [1200, 1700, 2300];

describe('facts: the last descriptor, and users answered with 500', () => {
  it('one short of the limit whenever it was looked at, and 500 then and never else: no descriptor left', () => {
    const verdict = judged(evidenceOf(FILLS, THEN));
    assert.deepEqual(
      [verdict('fd-exhaustion')?.verdict, verdict('fd-exhaustion')?.explains],
      ['confirmed', 3],
    );
    assert.equal(verdict('unknown'), undefined);
    const says = verdict('fd-exhaustion')?.for.map((item) => item.says) ?? [];
    assert.match(says.join('; '), /at most 39 of 40 in use when it was looked at; whoever took the last one/);
    assert.match(says.join('; '), /3 users connected, and were answered with 500/);
  });

  it('of another worker too, each at its own time', () => {
    const other = FILLS.map((_, index) => (index < 5 ? 39 : 20));
    const verdict = judged(evidenceOf(FILLS, [200, ...THEN], { other }));
    assert.equal(verdict('fd-exhaustion')?.explains, 4);
  });

  for (const [what, evidence] of [
    ['500 alone, with room all the time', evidenceOf(Array(30).fill(20), THEN)],
    ['500 before it filled up as well', evidenceOf(FILLS, [300, ...THEN])],
    ['nobody was served', evidenceOf(FILLS, THEN, { served: 0 })],
    [
      'two short of the limit',
      evidenceOf(
        FILLS.map((used) => Math.min(used, LIMIT - 2)),
        THEN,
      ),
    ],
    ['so at rest', evidenceOf(Array(30).fill(LIMIT - 1), THEN, { atRest: LIMIT - 1 })],
  ] as const)
    it(`is not known to be a limit: ${what}`, () => {
      const verdict = judged(evidence);
      assert.notEqual(verdict('fd-exhaustion')?.verdict, 'confirmed');
      assert.equal(verdict('unknown')?.explains, evidence.fleet.users.length - drawFacts(evidence).open);
    });

  it('all in use, and 500 at other times as well: those are not explained by it', () => {
    const full = FILLS.map((used) => (used === LIMIT - 1 ? LIMIT : used));
    assert.equal(judged(evidenceOf(full, THEN))('fd-exhaustion')?.explains, 3);
    assert.equal(judged(evidenceOf(full, [300, ...THEN]))('fd-exhaustion')?.explains, 0);
  });

  for (const [what, levels, atRest] of [
    ['none left, whoever was cut or gave up meanwhile', FILLS, AT_REST],
    ['the same where it was short from the beginning', Array(30).fill(LIMIT - 1) as number[], LIMIT - 1],
  ] as const)
    it(`accept(2) itself said EMFILE: ${what}`, () => {
      const evidence = evidenceOf(levels, [], { atRest });
      evidence.fleet.users.push({
        ...{ event: 'user', id: 99, startedAt: 1100, connectedMs: 1, endedMs: 1500 },
        ...{ outcome: 'timeout', stage: 'upgrade', bets: { placed: 0, acked: 0, rejected: 0 } },
      });
      assert.equal(judged(evidence)('fd-exhaustion')?.explains, 0);
      evidence.ledger.witnesses.tracefs = {
        ...{ event: 'witness', at: 0, by: 'tracefs', lost: 0 },
        failedAccepts: { EMFILE: 4 },
      };
      const verdict = judged(evidence)('fd-exhaustion');
      assert.equal(verdict?.explains, 1);
      assert.match(verdict?.for[0]?.says ?? '', /accept\(2\) said EMFILE in between/);
    });
});

/** Held at each look, and descriptors in use beside, of a server of one process, or of two. */
function held(levels: readonly number[], free: number, two = false): Evidence {
  const used = levels.map((level) => level + AT_REST);
  const evidence = evidenceOf(
    used.map((number) => Math.min(number, LIMIT - free)),
    [],
    two ? { other: levels.map(() => AT_REST) } : {},
  );
  for (const [index, level] of levels.entries()) {
    const { server } = evidence.observer.series[index] ?? {};
    if (server) server.held = level;
  }
  return evidence;
}

const room = LIMIT - AT_REST;

describe('facts: full, though a sample shows a spare descriptor, or a reserve', () => {
  it('one short of the limit, and as many held as there is room for, to the user: the spare one was given up', () => {
    const { full, missed } = drawFacts(held([5, 20, room, room, room], 1)).descriptors ?? {};
    assert.deepEqual([missed, full], ['held', { from: 100, to: 400 }]);
    for (const other of [held([5, 20, room - 1, room - 1], 1), held([5, 20, room, room], 1, true)])
      assert.equal(drawFacts(other).descriptors?.full, undefined);
  });

  it('as many held as a round limit leaves beyond a reserve of 32: the limit, and else it may be a cap', () => {
    const at = (limit: number, hard: number, level: number, more: readonly number[] = []) => {
      const evidence = held([5, level, level, level, ...more], 0);
      const { process } = evidence.observer.before ?? {};
      assert.ok(process);
      Object.assign(process, { nofileSoft: limit, nofileHard: hard });
      const { missed, predicted } = drawFacts(evidence).descriptors ?? {};
      return missed === 'reserve' ? predicted : undefined;
    };
    assert.equal(at(1024, 1024, 992), 992);
    assert.equal(at(1024, 1024, 992, [1000]), 992, 'some are on their way out');
    assert.equal(at(1024, 4096, 992), undefined, 'it may raise it');
    assert.equal(at(532, 532, 500), undefined, 'raised for a cap of 500');
    assert.equal(at(1024, 1024, 991), undefined);
    assert.equal(at(1024, 1024, 992, [1013]), undefined, 'more stay');
  });
});
