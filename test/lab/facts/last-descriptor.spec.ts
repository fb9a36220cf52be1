import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { closedLine, resetLine } from './made-connections.ts';

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
    assert.match(
      says.join('; '),
      /at most 39 of 40 descriptors in use in the samples; the user whose connection took the last one/,
    );
    assert.match(says.join('; '), /3 users connected, then answered with 500/);
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
      assert.match(verdict?.for[0]?.says ?? '', /accept\(2\) failed with EMFILE in between/);
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

  /** Room for one more when it is looked at, and so many held then; who comes is closed at once. */
  const missesItsLast = (level: number, closed = 5, free = 1) => {
    const evidence = held([5, level, level, level, level], free);
    for (const one of evidence.observer.series.slice(1)) {
      one.descriptors = LIMIT - free;
      Object.assign(one.server?.holders[1] ?? {}, { descriptors: LIMIT - free });
    }
    evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 0, by: 'ss -E', lost: 0 };
    for (let at = 0; at < closed; at += 1) evidence.ledger.connections.push(resetLine(150 + 40 * at, 1));
    return evidence;
  };

  /** Root's trace, without a gap, and what it told. */
  const traced = (evidence: Evidence, told: { failedCalls?: number } = {}, lost = 0) => {
    const head = { event: 'witness', at: 0, by: 'tracefs', lost } as const;
    evidence.ledger.witnesses.tracefs = { ...head, ...told };
    return evidence;
  };

  it('one left at each look, and another call than accept(2) said EMFILE: whoever came took the last one', () => {
    const told = { failedCalls: 5, emfileAt: { first: 150, last: 350 } };
    const { missed, predicted, full } = drawFacts(traced(missesItsLast(room - 1), told)).descriptors ?? {};
    assert.deepEqual([missed, predicted, full?.from], ['call', room - 1, 0]);
    const silent = drawFacts(traced(missesItsLast(room - 1))).descriptors;
    assert.deepEqual([silent?.full, silent?.near], [undefined, undefined], 'nobody said so: it is none');
    const open = drawFacts(missesItsLast(room - 1)).descriptors;
    assert.deepEqual([open?.full, open?.near], [undefined, true], 'nobody would have told');
  });

  it('as many held as there is room for, and no call said EMFILE to a trace without a gap: it is none', () => {
    const at = (evidence: Evidence) => drawFacts(evidence).descriptors?.missed;
    assert.equal(at(traced(held([5, 20, room, room, room], 1))), undefined);
    assert.equal(at(traced(held([5, 20, room, room, room], 1), {}, 1)), 'held', 'some events were lost');
  });

  it('hardly one is left, and a cap is not known from it: neither is claimed or ruled out', () => {
    const ends = missesItsLast(20, 0);
    ends.ledger.connections.push(...Array.from({ length: 5 }, (_, at) => resetLine(350 + at)));
    Object.assign(ends.asked, { users: 0 });
    for (const { server } of ends.observer.series)
      Object.assign(server ?? {}, {
        connections: server?.held,
        stayed: server?.held,
        heldStayed: server?.held,
      });
    const verdict = judged(ends);
    assert.equal(drawFacts(ends).descriptors?.near, true);
    assert.deepEqual(
      [verdict('connection-cap')?.verdict, verdict('fd-exhaustion')?.verdict],
      ['insufficient-data', 'insufficient-data'],
    );
    assert.match(JSON.stringify(verdict('connection-cap')?.against), /1 of 40 descriptors left/);
  });

  it('accept(2) said EMFILE, and all was let go before anybody looked: then it was full, and its listener was given up', () => {
    const evidence = held([5, 12, 0, 0], 0);
    const [, , ...gone] = evidence.observer.series;
    for (const line of evidence.observer.series) line.acceptQueue = 0;
    for (const line of gone) delete line.acceptQueue;
    const facts = () => drawFacts(evidence);
    assert.equal(facts().descriptors?.full, undefined);
    assert.equal(facts().outside?.givenUp.length, 0);
    evidence.ledger.witnesses.tracefs = {
      ...{ event: 'witness', at: 0, by: 'tracefs', lost: 0 },
      ...{ failedAccepts: { EMFILE: 1 }, emfileAt: { first: 170, last: 170 } },
    };
    assert.deepEqual(facts().descriptors?.full, { from: 170, to: 170 });
    assert.deepEqual(facts().outside?.givenUp, [{ from: 100, seenAt: 200 }]);
    assert.deepEqual(facts().outside?.turnovers, []);
    Object.assign(evidence.observer.series[2]?.server ?? {}, {
      joined: [{ ...{ pid: 3, name: 's', nofileSoft: LIMIT, nofileHard: LIMIT, user: 0 }, descriptors: [] }],
    });
    assert.equal(facts().outside?.givenUp.length, 0, 'another process came: a restart');
  });

  it('the same by as many as were held and served as its listener went, to the user', () => {
    const factsOf = (served: number) => {
      const evidence = held([5, 12, 0, 0], 0);
      for (const [index, line] of evidence.observer.series.entries()) if (index < 2) line.acceptQueue = 0;
      evidence.ledger.witnesses['ss -E'] = { event: 'witness', at: 0, by: 'ss -E', lost: 0 };
      for (let at = 0; at < served; at += 1) evidence.ledger.connections.push(closedLine(180, 100, 40, 90));
      return drawFacts(evidence).descriptors;
    };
    assert.deepEqual([factsOf(room)?.missed, factsOf(room)?.full], ['held', { from: 100, to: 300 }]);
    assert.equal(factsOf(room - 1)?.full, undefined);
  });
});
