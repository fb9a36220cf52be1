import assert from 'node:assert/strict';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

/** Our gateway, where 715 overflows were counted in its network namespace, and its own listener dropped so many. */
function overflows(exclusive: boolean, drops?: [before: number, after: number]): number | undefined {
  const evidence = evidenceOf(parse('room 715 0 0 ? 20 paced 60 x timeout @ connect'), 1);
  evidence.exclusive = exclusive;
  const { before, series } = evidence.observer;
  if (before && drops) {
    before.drops = drops[0];
    const { at = 0 } = series.at(-1) ?? {};
    evidence.observer.after = { ...before, at, when: 'after', drops: drops[1] };
  }
  return drawFacts(evidence).queue?.overflows;
}

describe('facts: whose overflows of an accept queue it were', () => {
  it("in a network namespace that others live in, no more than the gateway's own listener dropped", () => {
    assert.equal(overflows(false, [3, 3]), 0);
    assert.equal(overflows(false, [3, 8]), 5);
    assert.equal(overflows(false, [3, 900]), 715);
  });

  it('all of them where it has the namespace for itself, or where its listener could not be asked', () => {
    assert.equal(overflows(true, [3, 3]), 715);
    assert.equal(overflows(false), 715);
  });
});
