import assert from 'node:assert/strict';
import fc from 'fast-check';
import { UsageError } from '../../../common/errors.ts';
import { MOST_VALUES, parseRange } from '../../../lab/settings/range.ts';

const refusal = (text: string): string => {
  try {
    parseRange(text, '--vary nofile');
  } catch (error) {
    assert.ok(error instanceof UsageError, `${text}: ${error}`);
    assert.ok(!error.message.includes('\n'), 'one line');
    assert.match(error.message, /^--vary nofile: ".*": .*; allowed: /s);
    return error.message;
  }
  return assert.fail(`"${text}" was taken`);
};

describe('lab/settings/range', () => {
  for (const [text, values] of [
    ['64..8192*2', '64 128 256 512 1024 2048 4096 8192'],
    ['10..50+10', '10 20 30 40 50'],
    ['10..50+15', '10 25 40'],
    ['8,16,128,511', '8 16 128 511'],
    [' 8 , 16..64 * 2, 100 ', '8 16 32 64 100'],
    ['0.1..0.5+0.1', '0.1 0.2 0.3 0.4 0.5'],
    ['0.25..2*2', '0.25 0.5 1 2'],
    ['7..7+1', '7'],
    ['1..3+1,2,3..4+1', '1 2 3 4'],
    ['0..2+1', '0 1 2'],
    ['40000-40099,500ms,herd', '40000-40099 500ms herd'],
  ] as const)
    it(`${text} → ${values}`, () => assert.deepEqual(parseRange(text, 'x'), values.split(' ')));

  for (const [text, why] of [
    ['', 'no value'],
    [' ', 'no value'],
    ['1,,2', 'an empty item'],
    ['1,', 'an empty item'],
    ['1..5', '"1..5" is not a range'],
    ['..5+1', 'is not a range'],
    ['1..5-1', 'is not a range'],
    ['-1..5+1', 'is not a range'],
    ['a..b*2', 'is not a range'],
    ['1..2..3+1', 'is not a range'],
    ['1...5+1', 'is not a range'],
    ['1..1e3*2', 'is not a range'],
    ['5..1+1', 'runs backwards'],
    ['1..5*1', 'the factor must be'],
    ['1..5*1.5', 'the factor must be'],
    ['1..5*0', 'the factor must be'],
    ['0..5*2', 'a factor never leaves 0'],
    ['1..5+0', 'the step must be above 0'],
    ['1..9999999999+1', `over ${MOST_VALUES} values`],
    ['1\n..5', 'is not a range'],
  ] as const)
    it(`refuses ${JSON.stringify(text)}: ${why}`, () =>
      assert.ok(refusal(text).includes(why), refusal(text)));

  it('shortens what is far too long', () => assert.ok(refusal(`${'9'.repeat(5000)}..`).length < 400));

  it('a sum or product range: first, each step from the one before, none beyond the last', () => {
    const range = fc.record({
      first: fc.integer({ min: 1, max: 100_000 }),
      // With the smallest step that is less than the most values allowed.
      room: fc.integer({ min: 0, max: 1900 }),
      op: fc.constantFrom('+', '*'),
      step: fc.integer({ min: 2, max: 5000 }),
    });
    fc.assert(
      fc.property(range, ({ first, room, op, step }) => {
        const last = first + room;
        const next = (value: number) => (op === '*' ? value * step : value + step);
        const values = parseRange(`${first}..${last}${op}${step}`, 'x').map(Number);
        assert.equal(values[0], first);
        for (const [index, value] of values.entries())
          if (index > 0) assert.equal(value, next(values[index - 1] as number));
        const end = values.at(-1) as number;
        assert.ok(end <= last && next(end) > last);
      }),
    );
  });

  it('a list without ranges comes back, each value once', () => {
    const values = fc.uniqueArray(fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/), { minLength: 1 });
    fc.assert(
      fc.property(values, (list) => {
        assert.deepEqual(parseRange([...list, ...list].join(','), 'x'), list);
      }),
    );
  });

  it('any text gives values or one UsageError, and never more than the bound', () => {
    const piece = fc.oneof(fc.constantFrom('..', '*', '+', ',', '1', '64', '0', '.', ' ', '-'), fc.string());
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        try {
          const values = parseRange(text, 'here');
          assert.ok(values.length >= 1 && values.length <= MOST_VALUES);
          assert.ok(values.every((value) => value === value.trim() && value !== ''));
        } catch (error) {
          assert.ok(error instanceof UsageError, String(error));
          assert.ok(!/[\n\r]/.test(error.message));
        }
      }),
      { numRuns: 500 },
    );
  });
});
