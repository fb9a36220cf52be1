import assert from 'node:assert/strict';
import fc from 'fast-check';
import { foldedBlock, shellBlock, textTable } from '../../../lab/report/markdown/blocks.ts';
import { markdownCode, markdownText, oneLine } from '../../../lab/report/markdown/inline.ts';
import { seen, tableOf } from './markdown.ts';

/** What a stranger could put into a name or a line of a log. */
const PIECES = [
  ...[
    '|',
    '`',
    '``',
    '```',
    '<',
    '>',
    '<b>',
    '</td>',
    '<!--',
    '-->',
    '&',
    '&amp;',
    '&#124;',
    '\\',
    '\\|',
    '\\`',
  ],
  ...[
    '*',
    '**',
    '_',
    '__',
    '~',
    '~~',
    '[',
    ']',
    '](http://x.y)',
    '![',
    '[^1]',
    'http://a.b',
    'www.a.b',
    'a@b.cd',
  ],
  ...[
    '@bob',
    '#12',
    'a/b#7',
    'GH-3',
    ':tada:',
    '$x$',
    '-',
    '+',
    '1.',
    '---',
    '===',
    '#',
    '\n',
    '\n\n',
    '\r\n',
  ],
  ...[
    '\t',
    '    ',
    ' ',
    'a',
    'b1',
    'é',
    '"',
    "'",
    '(',
    ')',
    '.',
    ',',
    ':',
    '!',
    '=',
    '\u202e',
    '\u00a0',
    '\u2028',
  ],
];
const strange = fc.array(fc.constantFrom(...PIECES), { maxLength: 9 }).map((pieces) => pieces.join(''));

describe('words of strangers in Markdown', () => {
  it('are shown as they are, and nothing is read into them', () => {
    fc.assert(
      fc.property(strange, (text) => {
        for (const made of [markdownText(text), markdownCode(text)]) {
          assert.equal(seen(made), oneLine(text));
          // At the beginning of a line nothing begins a block, at its end nothing ends a heading.
          assert.doesNotMatch(made, /^(?:[-+=]+|#+|\d+[.)]|>.*)(?: |$)|(?:^| )#+$/);
        }
      }),
    );
  });

  it('are one line', () => {
    assert.equal(oneLine('a\r\nb\u2028\tc\0d\u202e\u2066e  f '), 'a b c d e f'.replace('d e', 'de'));
  });

  for (const [text, made] of [
    ['all 64 descriptors in use', 'all 64 descriptors in use'],
    ['read: connection reset by peer', 'read: connection reset by peer'],
    ['tcp_abort_on_overflow is 0 (ECONNRESET)', 'tcp_abort_on_overflow is 0 (ECONNRESET)'],
    ['/proc/<pid>/fd', '`/proc/<pid>/fd`'],
    ['said "<script>alert(1)</script>".', 'said "`<script>alert(1)</script>`".'],
    ['a | b', 'a &#124; b'],
    ['`rm -rf`', '&#96;rm -rf&#96;'],
    ['[x](http://evil) by @torvalds, see #1', '`[x](http://evil`) by `@torvalds`, see `#1`'],
    ['www.evil.example and a@b.example', '`www.evil.example` and `a@b.example`'],
    ['fixed in 0c089cd, 1234567 times', 'fixed in `0c089cd`, 1234567 times'],
    ['# not a heading', '`#` not a heading'],
    ['1. not a list', '`1`. not a list'],
    ['costs $5 to $9', 'costs `$5` to `$9`'],
  ] as const)
    it(`${text}`, () => assert.equal(markdownText(text), made));

  it('as code lose no pipe and no backtick', () => {
    assert.equal(markdownCode('ls | wc'), '`ls` &#124; `wc`');
    assert.equal(markdownCode('a`b'), '`a`&#96;`b`');
  });

  it('stay in their cell of a table', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(strange, strange), { minLength: 1, maxLength: 4 }), (rows) => {
        const [, ...body] = tableOf(textTable([['one', 'two'], ...rows]).split('\n'));
        assert.deepEqual(
          body,
          rows.map((row) => row.map(oneLine)),
        );
      }),
    );
  });

  it('end no block of commands, and no fold', () => {
    fc.assert(
      fc.property(strange, strange, (command, shows) => {
        const lines = (shellBlock([{ command, shows }]) ?? '').split('\n');
        assert.equal(lines.length, 3);
        const [, fence = ''] = /^(`{3,})sh$/.exec(lines[0] ?? '') ?? [];
        assert.equal(lines[2], fence);
        assert.ok(!lines[1]?.includes(fence));
        const [first = '', ...others] = foldedBlock(command, ['inside']).split('\n');
        assert.match(first, /^<details><summary>[^<>]*<\/summary>$/);
        assert.deepEqual(others, ['', 'inside', '', '</details>']);
      }),
    );
  });
});
