import assert from 'node:assert/strict';
import { UsageError } from '../../../common/errors.ts';
import { HEALTHY } from '../../../lab/exam/healthy.ts';
import { PAIRS, pairId } from '../../../lab/exam/pairs.ts';
import { type PaperOptions, writePaper } from '../../../lab/exam/questions.ts';
import { resolveSettings } from '../../../lab/settings/setting-sources.ts';
import { sourcesOf } from '../../../lab/settings/shares.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';

describe('exam: questions', () => {
  const paper = (more: Partial<PaperOptions> = {}) =>
    writePaper({ runtime: 'netns', seed: 1, repeats: 2, pairs: false, ...more });
  const ids = (more?: Partial<PaperOptions>) => paper(more).questions.map(({ id }) => id);

  it('every cause with a scenario and every healthy shape, as often as asked', () => {
    const made = CAUSES.filter(
      ({ scenario, only }) => scenario && (only?.runtimes.includes('netns') ?? true),
    );
    const expected = [...made, ...HEALTHY].flatMap(({ id }) => [id, id]).sort();
    assert.deepEqual(ids().sort(), expected);
  });

  it('the same seed asks the same; repeats and seeds ask otherwise', () => {
    assert.deepEqual(paper(), paper());
    assert.notDeepEqual(ids({ seed: 2 }), ids());
    const [first, second] = paper({ only: ['fd-exhaustion'] }).questions;
    assert.notEqual(first?.settings.values.seed, second?.settings.values.seed);
    assert.notEqual(first?.settings.values.users, second?.settings.values.users);
  });

  it('some questions are asked over TLS, and no pair', () => {
    const asked = paper({ repeats: 4, pairs: true }).questions;
    const secure = asked.filter(({ settings }) => settings.values.tls !== 'off');
    assert.ok(secure.length > asked.length / 10 && secure.length < asked.length / 2);
    assert.ok(
      secure.some(({ truth }) => truth.length === 0) && secure.some(({ truth }) => truth.length === 1),
    );
    assert.ok(secure.every(({ truth, asked }) => truth.length < 2 && asked.handshake_cost_ms === undefined));
  });

  it('of one gateway, to which all come as one source', () => {
    for (const { id, settings } of paper({ pairs: true }).questions) {
      const { gateways, sources } = settings.values;
      assert.deepEqual([gateways, sources, sourcesOf(settings, true)], [1, undefined, 1], id);
    }
  });

  it('what is asked alone is asked as it is among the others', () => {
    const among = paper().questions.filter(({ id }) => id === 'gateway-crash');
    const alone = paper({ only: ['gateway-crash'] }).questions;
    assert.deepEqual(new Set(alone.map(({ asked }) => asked)), new Set(among.map(({ asked }) => asked)));
  });

  it('a cause is asked where it can be made, else it is skipped with the reason', () => {
    const [cause] = CAUSES.filter(({ scenario }) => scenario);
    assert.ok(cause);
    const causes = [{ ...cause, only: { runtimes: ['docker' as const], why: 'needs a container' } }];
    const here = paper({ causes });
    assert.ok(!here.questions.some(({ id }) => id === cause.id));
    assert.deepEqual(here.skipped, [{ id: cause.id, why: 'needs a container' }]);
    assert.ok(
      writePaper({ runtime: 'docker', seed: 1, repeats: 1, pairs: false, causes }).questions.length > 0,
    );
  });

  it('pairs: when asked for, both causes at work, of causes that there are', () => {
    for (const pair of PAIRS) {
      for (const id of pair.causes)
        assert.ok(
          CAUSES.some((cause) => cause.id === id),
          `${id} is no cause`,
        );
      assert.doesNotThrow(() => resolveSettings([], pair.settings));
      const [question] = paper({ only: [pairId(pair)] }).questions;
      assert.deepEqual(question?.truth, [...pair.causes].sort());
    }
    assert.ok(!ids().some((id) => id.includes('+')));
    assert.ok(ids({ pairs: true }).some((id) => id.includes('+')));
  });

  it('an id that there is none is bad usage', () => {
    assert.throws(
      () => paper({ only: ['moon'] }),
      (error) => error instanceof UsageError && /--only moon: allowed: /.test(error.message),
    );
  });
});
