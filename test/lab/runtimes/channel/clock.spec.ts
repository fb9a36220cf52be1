import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Answered, bracketOf, errorOf, middleOf } from '../../../../lab/runtimes/channel/clock.ts';

/** What two clocks that are read in whole milliseconds say, of messages that take so long. */
function answered(at: number, ahead: number, there: number, work: number, back: number): Answered {
  const [received, sent] = [at + there + ahead, at + there + work + ahead];
  return {
    sent: Math.floor(at),
    received: Math.floor(received),
    answered: Math.floor(sent),
    came: Math.floor(at + there + work + back),
  };
}

describe('the clock of a member', () => {
  const ms = (max: number) => fc.double({ min: 0, max, noNaN: true });

  it('lies in the bracket, however unlike the ways there and back are', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e7, max: 1e7, noNaN: true }),
        fc.array(fc.tuple(ms(1e6), ms(500), ms(50), ms(500)), { minLength: 1 }),
        (ahead, ways) => {
          const { least, most } = bracketOf(
            ways.map(([at, there, work, back]) => answered(at, ahead, there, work, back)),
          );
          assert.ok(least <= ahead && ahead <= most, `${least} ${ahead} ${most}`);
          const taken = middleOf({ least, most });
          // Errors are told in tenths.
          assert.ok(Math.abs(taken - ahead) <= errorOf(taken, { least, most }) + 0.05);
        },
      ),
    );
  });

  it('is known the better the more answers there are', () => {
    const slow = answered(0.2, 100, 30, 0, 5);
    const fast = answered(40.7, 100, 0.2, 0, 0.2);
    const width = ({ least, most }: ReturnType<typeof bracketOf>) => most - least;
    assert.ok(width(bracketOf([slow, fast])) <= width(bracketOf([fast])));
    assert.ok(width(bracketOf([fast])) < width(bracketOf([slow])));
    assert.throws(() => bracketOf([]), RangeError);
  });

  it('that was set anew meanwhile is known no better than by how much', () => {
    assert.equal(errorOf(0, { least: -1, most: 1 }), 1);
    assert.equal(errorOf(0, { least: -1, most: 1 }, { least: 2999, most: 3001 }), 3001);
  });
});
