import assert from 'node:assert/strict';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { simulate } from '../../../lab/laws/queue-model/simulate.ts';
import { chooseFix } from '../../../lab/run/scenario.ts';
import { judge } from '../../../lab/verdict/judge.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import { evidenceOfModel } from './predicted.ts';

/** A load as the model takes it, in the scenarios of the causes. */
interface Load {
  users: number;
  backlog: number;
  rampMs: number;
  nofile: number;
  patienceMs?: number;
  stoppedMs?: number;
  batch?: number;
}

const AT_REST = [...Array(24).keys()];

/** What the verdict says of a Mac that does as the model does. */
function verdictOf({ users, backlog, rampMs, nofile, patienceMs = 12_000, stoppedMs = 0, batch = 16 }: Load) {
  const result = simulate({
    dialect: 'darwin',
    settings: { backlog, somaxconn: 128 },
    arrivals: Array.from({ length: users }, (_, id) => (id * rampMs) / users),
    link: { kind: 'batches', batch },
    server: { acceptRate: 4000, nofile, descriptorsAtRest: AT_REST, stoppedUntilMs: stoppedMs },
    client: { patienceMs },
    seed: 1,
  });
  const evidence = evidenceOfModel(result, { backlog, somaxconn: 128, nofile, atRest: AT_REST });
  const facts = drawFacts(evidence);
  const verdicts = judge(facts, CAUSES);
  const fates = (fate: string) => result.users.filter((user) => user.fate === fate).length;
  const explains = (id: string) => verdicts.find(({ cause }) => cause === id)?.explains;
  const settings = { values: evidence.asked, explicit: new Set<never>(), where: {} };
  return { facts, verdicts, fates, explains, fix: chooseFix(facts, verdicts, settings) };
}

describe('verdict: a Mac that does as the model says (predicted, nothing measured)', () => {
  for (const batch of [1, 4, 16, 64]) {
    it(`4500 at once, ${batch} in a batch: whoever was thrown out is told so, and nobody else is blamed`, () => {
      const { facts, fates, explains, verdicts, fix } = verdictOf({
        users: 4500,
        backlog: 511,
        rampMs: 0,
        nofile: 4096,
        batch,
      });
      assert.ok(fates('evicted') > 0);
      assert.equal(explains('accept-queue-evicted'), facts.failed.length);
      assert.equal(explains('unknown'), undefined);
      assert.equal(facts.darwin?.neverComplete, fates('evicted'));
      const { least = 0, most = 0 } = facts.darwin?.evicted ?? {};
      assert.ok(least <= fates('evicted') && fates('evicted') <= most);
      assert.equal(verdicts.find(({ cause }) => cause === 'listen-backlog')?.verdict, 'confirmed');
      assert.deepEqual(Object.keys(fix?.settings ?? {}), ['ramp']);
    });
  }

  it('its fix, in the model: users spread over that time all get in, with the descriptors for it', () => {
    const burst = { users: 4500, backlog: 511, rampMs: 0, nofile: 8192 };
    const { fix } = verdictOf(burst);
    const rampMs = Number.parseInt(String(fix?.settings.ramp), 10);
    assert.ok(rampMs > 0, fix?.change);
    assert.equal(verdictOf({ ...burst, rampMs }).facts.failed.length, 0);
  });

  it('npm start, over 10 s with nofile 4096: descriptors, and nothing else', () => {
    const { facts, fates, explains, verdicts, fix } = verdictOf({
      users: 4500,
      backlog: 511,
      rampMs: 10_000,
      nofile: 4096,
    });
    assert.equal(fates('no-descriptor'), 428);
    assert.equal(explains('fd-exhaustion'), 428);
    assert.equal(facts.failed.length, 428);
    const confirmed = verdicts.filter(({ verdict }) => verdict === 'confirmed').map(({ cause }) => cause);
    assert.deepEqual(confirmed, ['fd-exhaustion']);
    assert.equal(fix?.settings.nofile, 8192);
  });

  it('an application that does not accept: the SYNs of the others are dropped', () => {
    const { fates, explains } = verdictOf({
      users: 200,
      backlog: 8,
      rampMs: 1000,
      nofile: 4096,
      patienceMs: 800,
      stoppedMs: 3000,
    });
    assert.equal(fates('evicted'), 0);
    assert.equal(explains('accept-queue-drop'), 192);
  });

  it('the scenario of accept-queue-evicted throws out somebody, whatever the batch', () => {
    for (const batch of [1, 4, 16, 64]) {
      const load = { users: 400, backlog: 8, rampMs: 0, nofile: 4096, batch };
      const { fates, explains } = verdictOf(load);
      assert.equal(explains('accept-queue-evicted'), fates('evicted'));
      assert.ok(fates('evicted') > 100);
    }
  });
});
