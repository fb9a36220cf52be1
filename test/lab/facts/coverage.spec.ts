import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Verdict } from '../../../lab/causes/shared/verdict-types.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { gapOf } from '../../../lab/facts/coverage.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { isDrawn } from '../../whole.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

const FULL = 'full 0 0 0 alive 20 herd 425 x reset @ upgrade';
const HEALTHY = 'room 0 0 0 alive 20 herd none';

/** The evidence of a line, of which the observer saw so much, ms since the load began. */
function seen(line: string, ms: number): Evidence {
  const evidence = evidenceOf(parse(line), 1);
  const start = startOf(evidence);
  evidence.observer.series = evidence.observer.series.filter(({ at }) => at <= start + ms);
  return evidence;
}

function startOf({ fleet }: Evidence): number {
  return fleet.phases[0]?.at ?? 0;
}

describe('facts: how much of the load the observer saw', () => {
  it('all of it', () => {
    for (const line of [FULL, HEALTHY]) assert.equal(gapOf(evidenceOf(parse(line), 1)), undefined);
  });

  it('its beginning', () => {
    const evidence = seen(FULL, 300);
    const gap = gapOf(evidence);
    assert.deepEqual([gap?.loadMs, gap?.seenMs], [5000, 300]);
    evidence.observer.lost = { at: startOf(evidence) + 300, how: 'SIGKILL' };
    assert.equal(
      gapOf(evidence)?.says,
      'samples cover only 300 ms of the 5.0 s of load: the observer ended by itself (SIGKILL)',
    );
  });

  it('its end', () => {
    const evidence = evidenceOf(parse(FULL), 1);
    const { observer } = evidence;
    const late = startOf(evidence) + 2000;
    observer.series = observer.series.filter(({ at }) => at >= late);
    if (observer.before) observer.before.at = late;
    assert.equal(gapOf(evidence)?.seenMs, 3000);
  });

  it('a sample that came late on a busy machine is no gap, an observer that was stopped is one', () => {
    const without = (ms: number) => {
      const evidence = evidenceOf(parse(FULL), 1);
      const from = startOf(evidence) + 500;
      evidence.observer.series = evidence.observer.series.filter(({ at }) => at <= from || at >= from + ms);
      return gapOf(evidence)?.seenMs;
    };
    assert.deepEqual([without(2900), without(3100)], [undefined, 1900]);
  });

  it('up to the end of the server: then there is no more to see', () => {
    const evidence = seen(`${HEALTHY.replace('none', '90 x reset @ open')} | exit=SIGKILL@2600`, 2600);
    assert.equal(gapOf(evidence), undefined);
  });

  it("of somebody else's load: whether it was told to end", () => {
    const evidence = evidenceOf(parse(`${HEALTHY} | stranger=511`), 1);
    const { observer, fleet } = evidence;
    fleet.users = [];
    delete fleet.done;
    assert.equal(gapOf(evidence), undefined);
    const from = observer.before?.at ?? 0;
    observer.lost = { at: from + 1400, how: 'exit code 1' };
    assert.equal(
      gapOf(evidence)?.says,
      'the watch lasted 1.4 s, not to the end: the observer ended by itself (exit code 1)',
    );
    evidence.gateway.exit = { at: from + 1300, code: null, signal: null, output: '' };
    assert.equal(gapOf(evidence), undefined);
  });
});

describe('verdict: what was not seen is not ruled out', () => {
  const word = (verdicts: readonly Pick<Verdict, 'cause' | 'verdict'>[], id: string) =>
    verdicts.find(({ cause }) => cause === id)?.verdict;

  it('descriptors that filled up after the last sample', () => {
    const verdicts = judge(drawFacts(seen(FULL, 300)), CAUSES);
    const full = verdicts.find(({ cause }) => cause === 'fd-exhaustion');
    assert.equal(full?.verdict, 'insufficient-data');
    assert.equal(full?.against[0]?.says, 'samples cover only 300 ms of the 5.0 s of load');
    assert.equal(word(verdicts, 'unknown'), 'unknown');
  });

  it('users who all found room hold as many descriptors, whoever looked', () => {
    const evidence = evidenceOf(parse(FULL), 1);
    const limit = evidence.observer.before?.process?.nofileSoft ?? 0;
    const rest = evidence.observer.before?.process?.descriptors.length ?? 0;
    const open = evidence.fleet.users.filter(({ outcome }) => outcome === 'open');
    const failed = evidence.fleet.users.filter(({ outcome }) => outcome !== 'open');
    const [like] = open;
    assert.ok(like);
    const holding = Array.from({ length: limit - rest }, (_, at) => ({ ...like, id: 10_000 + at }));
    evidence.fleet.users = [...holding, ...failed];
    evidence.observer.series = evidence.observer.series.slice(0, 5);
    assert.equal(word(judge(drawFacts(evidence), CAUSES), 'fd-exhaustion'), 'confirmed');
  });

  const text = readFileSync(join(import.meta.dirname, '../verdict/truth-table.txt'), 'utf8');
  const lines = text.split('\n').flatMap((line) => {
    const [left = ''] = line.split('->');
    return left.trim() === '' || line.startsWith('#') ? [] : [left.trim()];
  });

  /** What rests on the kernel's counters and the samples, where it is Linux and there is no proxy. */
  const RESTS = CAUSES.filter(
    ({ toldBy, id }) =>
      (toldBy === 'kernel' || id === 'loopback-interface') &&
      id !== 'accept-queue-evicted' &&
      id !== 'published-port',
  ).map(({ id }) => id);

  it('no situation names another cause for it, and none rules out what the kernel would have told', function () {
    this.timeout(60_000);
    assert.ok(RESTS.length >= 7);
    const some = lines.filter((one, index) => !/mac=|exit=|crashed/.test(one) && isDrawn(index, 3));
    for (const line of some) {
      const judged = line.includes('stranger=') ? judgeOutside : judge;
      const whole = judged(drawFacts(evidenceOf(parse(line), 1)), CAUSES);
      for (const ms of [0, 300, 1500, 4000]) {
        const facts = drawFacts(seen(line, ms));
        const verdicts = judged(facts, CAUSES);
        for (const { cause, verdict } of verdicts) {
          const before = word(whole, cause) ?? '';
          if (verdict === 'confirmed')
            assert.match(before, /^(confirmed|contributing)$/, `${line}, ${ms} ms: ${cause}`);
          if (verdict === 'refuted') assert.ok(!RESTS.includes(cause), `${line}, ${ms} ms: ${cause} refuted`);
        }
        assert.equal(
          verdicts.reduce((sum, { explains }) => sum + explains, 0),
          facts.failed.length,
          line,
        );
      }
    }
  });

  it("of a stranger's server nothing is said, one way or the other", () => {
    const evidence = evidenceOf(parse(`${FULL} | stranger=511`), 1);
    evidence.asked.users = 0;
    evidence.fleet.users = [];
    delete evidence.fleet.done;
    evidence.observer.lost = { at: (evidence.observer.before?.at ?? 0) + 900, how: 'SIGKILL' };
    const verdicts = judgeOutside(drawFacts(evidence), CAUSES);
    assert.deepEqual([...new Set(verdicts.map(({ verdict }) => verdict))], ['insufficient-data']);
  });
});
