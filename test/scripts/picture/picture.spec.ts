import assert from 'node:assert/strict';
import { styleText } from 'node:util';
import { answerOf, withBlock } from '../../../scripts/picture/block.ts';
import { terminalSvg } from '../../../scripts/picture/terminal-svg.ts';

const styled = (format: Parameters<typeof styleText>[0], text: string) =>
  styleText(format, text, { validateStream: false });

describe('the picture of a terminal', () => {
  it('has each line at its place, with its words in their colour', () => {
    const svg = terminalSvg(`${styled(['red', 'bold'], 'CAUSE')}  a\n\n${styled('dim', 'b')}\n`, 'lab run');
    assert.deepEqual(svg.match(/<text .*<\/text>/g), [
      '<text x="16" y="30"><tspan font-weight="bold" fill="#ff7b72">CAUSE</tspan>  a</text>',
      '<text x="16" y="70"><tspan fill="#9198a1">b</tspan></text>',
    ]);
    assert.match(svg, /width="\d+" height="92"/);
  });

  it('is as wide as its longest line, and takes no text for markup', () => {
    const widthOf = (text: string) => Number(/width="(\d+)"/.exec(terminalSvg(text, 't'))?.[1]);
    assert.ok(widthOf(`${'x'.repeat(100)}\ny`) > widthOf(styled('red', 'x'.repeat(99))));
    const svg = terminalSvg('a < b & c > "d"', '"<t>"');
    assert.ok(svg.includes('a &lt; b &amp; c &gt; &quot;d&quot;'));
    assert.ok(svg.includes('aria-label="&quot;&lt;t&gt;&quot;"'));
  });
});

describe('a block of a page', () => {
  it('is what stands between its marks, and nothing else', () => {
    const page = 'a\n<!-- run: made by x -->\nold\n<!-- /run -->\nb';
    const made = withBlock(page, 'run', 'new $1\n');
    assert.equal(made, 'a\n<!-- run: made by x -->\n\n```\nnew $1\n```\n\n<!-- /run -->\nb');
    assert.equal(withBlock(made, 'run', 'new $1'), made);
    assert.throws(() => withBlock(page, 'other', ''), RangeError);
  });

  it('is of an output what stands before why', () => {
    assert.equal(answerOf('\nCAUSE x\n\nusers 3\n\nWhy x  before\n  y\n'), 'CAUSE x\n\nusers 3');
    assert.throws(() => answerOf('CAUSE x'), RangeError);
  });
});
