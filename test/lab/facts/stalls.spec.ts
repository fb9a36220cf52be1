import assert from 'node:assert/strict';
import { stallsOf } from '../../../lab/facts/stalls.ts';
import { parse } from '../verdict/situation.ts';
import { synthesise } from '../verdict/synthetic.ts';

/** Evidence whose gateway gave samples at these moments, ms: when, the longest delay, and what was done in it. */
function stalls(...samples: [number, number, { bets: number; upgrades: number; blockMs: number }?][]) {
  const { situation } = parse('room 0 0 0 alive 20 herd none');
  const evidence = synthesise(situation, 1);
  const [like] = evidence.gateway.samples;
  assert.ok(like);
  evidence.gateway.samples = samples.map(([at, max, longest]) => ({
    ...like,
    at,
    loop: { p50: 1, p99: max, max },
    ...(longest && { longest }),
  }));
  return stallsOf(evidence);
}

describe('facts: stalls', () => {
  it('are delays that keep somebody waiting', () => {
    assert.deepEqual(stalls([200, 20], [1400, 1000], [1600, 3]), [{ at: 1400, ms: 1000 }]);
  });

  it('are one over several turns of the loop, and two with a pause between them', () => {
    const bets = (number: number, blockMs: number) => ({ bets: number, upgrades: 1, blockMs });
    assert.deepEqual(stalls([1000, 600, bets(80, 8)], [1900, 890, bets(120, 9)], [4000, 500, bets(0, 499)]), [
      { at: 1900, ms: 1490, bets: 200, upgrades: 2, blockMs: 9 },
      { at: 4000, ms: 500, bets: 0, upgrades: 1, blockMs: 499 },
    ]);
  });
});
