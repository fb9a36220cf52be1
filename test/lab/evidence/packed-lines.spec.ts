import assert from 'node:assert/strict';
import fc from 'fast-check';
import { PackedLines } from '../../../lab/evidence/packed-lines.ts';

describe('packed lines', () => {
  it('give every line again as it was, in the same order, and as often as they are asked', () => {
    const line = fc
      .dictionary(fc.string(), fc.jsonValue())
      .map((value) => JSON.stringify(value))
      .filter((text) => !text.includes('__proto__'))
      .map((text) => JSON.parse(text));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const packed = new PackedLines<object>();
        for (const one of lines) packed.push(one);
        assert.deepEqual([...packed], lines);
        assert.deepEqual([...packed], lines);
        assert.equal(packed.length, lines.length);
      }),
    );
  });

  it('keep apart what looks alike: numbers and texts, zeros before them, texts that end in them', () => {
    const lines = [
      { remote: '127.0.0.1:8080' },
      { remote: '127.0.0.1:08080' },
      { remote: '127.0.0.1:' },
      { remote: '8080' },
      { remote: 8080 },
      { remote: ':123456789012345678901234567890' },
      { remote: '#' },
      { 'remote"': 1, x: [1, '2', { y: 'z3' }, null, true] },
      { stopped: Infinity, none: -0.5 },
    ];
    const packed = new PackedLines<object>();
    for (const one of lines) packed.push(one);
    assert.deepEqual([...packed], lines);
  });

  it('leave out what is undefined, and are not changed by what is done to a line', () => {
    const packed = new PackedLines<{ a: number; b?: number | undefined }>();
    packed.push({ a: 1, b: undefined });
    for (const one of packed) one.a = 2;
    assert.deepEqual([...packed], [{ a: 1 }]);
  });
});
