import assert from 'node:assert/strict';
import { HeldMoments } from '../../../lab/facts/held-level.ts';
import type { ConnectionLine, Told } from '../../../protocol/connection-events.ts';

const told = (is: number, within?: number): Told<number> => ({
  is,
  by: 'tracefs',
  ...(within === undefined ? {} : { within }),
});

function line(from: number | undefined, to: number | undefined, within?: number): ConnectionLine {
  return {
    event: 'connection',
    at: to ?? 0,
    local: '127.0.0.1:80',
    ...(from === undefined ? {} : { complete: told(from, within) }),
    ...(to === undefined ? { open: true as const } : { closed: told(to, within) }),
  };
}

/** Held connections and those turned away, each from and to. */
function levelOf(
  held: [from?: number | undefined, to?: number | undefined][],
  away: [number, number][],
  within?: number,
) {
  const moments = new HeldMoments();
  for (const [from, to] of held) moments.add(line(from, to, within), false);
  for (const [from, to] of away) moments.add(line(from, to, within), true);
  return moments.level();
}

describe('facts: how many were held as others were turned away', () => {
  it('all of a burst: who came first was held', () => {
    const level = levelOf([[1], [2], [3]], [[4, 5], [4, 6]]); // biome-ignore format: short
    assert.deepEqual(level, { height: 3, level: 1, letIn: 0, climbed: 3 });
  });

  it('one in two on the way up', () => {
    const level = levelOf([[1], [3], [5], [7]], [[1, 2], [3, 4], [5, 6]]); // biome-ignore format: short
    assert.deepEqual(level, { height: 4, level: 0.5, letIn: 3, climbed: 1 });
  });

  it('those that were there before are held until they go', () => {
    const level = levelOf([[undefined, 3], []], [[4, 5]]);
    assert.deepEqual(level, { height: 2, level: 0.5, letIn: 0, climbed: 0 });
  });

  it('where the order of things is not known there is none, nor where nobody was turned away', () => {
    assert.equal(levelOf([[1]], [[4, 5]], 40), undefined);
    assert.equal(levelOf([[1]], []), undefined);
  });
});
