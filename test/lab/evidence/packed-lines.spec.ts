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

  it('give every line again as it was where there are many of a form, for which code is made', () => {
    const texts = fc.string({
      unit: fc.constantFrom('"', "'", '`', '$', '{', '}', '\\', '\n', '\u2028', '+', 'a', '1'),
    });
    const line = fc.dictionary(fc.oneof(texts, fc.constant('__proto__')), fc.oneof(texts, fc.jsonValue()));
    fc.assert(
      fc.property(line, (one) => {
        const lines = Array.from({ length: 250 }, (_, index) => ({ ...one, index, at: `x:${index + 1}` }));
        const packed = new PackedLines<object>();
        packed.push(...lines);
        assert.deepEqual([...packed], lines);
      }),
      { numRuns: 40 },
    );
  });

  it('make no code of what a text holds', () => {
    const evil = ['"+(globalThis.escaped=1)+"`$', '{globalThis.escaped=1}`\\'].join('');
    const packed = new PackedLines<object>();
    for (let at = 0; at < 300; at += 1) packed.push({ [evil]: evil, at, __proto__: null });
    assert.deepEqual({ ...[...packed].at(-1) }, { [evil]: evil, at: 299 });
    assert.equal('escaped' in globalThis, false);
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
