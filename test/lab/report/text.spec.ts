import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { shortened, wrap } from '../../../common/wrap.ts';
import { terminalReport } from '../../../lab/report/terminal.ts';
import { answerLines } from '../../../lab/report/text/findings-text.ts';
import { answersOf, namedCauses, type Told } from '../../../lab/report/text/found.ts';
import { whyLines } from '../../../lab/report/text/why-lines.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { verdictDocument } from '../../../lab/run/verdict-document.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

const plain = (lines: readonly string[]) => lines.map((line) => stripVTControlCharacters(line));

/** What is printed of a line of the truth table. */
function reportOf(line: string, telling: Parameters<typeof terminalReport>[1] = {}): string {
  const evidence = evidenceOf(parse(line), 1);
  const document = verdictDocument('run', judgeEach([evidence]), null, '/runs/1');
  return stripVTControlCharacters(terminalReport(document, { width: 110, ...telling }));
}

const FULL = 'full 0 0 0 alive 20 herd 425 x reset @ upgrade';
const HEALTHY = 'room 0 0 0 alive 20 herd none';
const NOBODYS = 'room 0 0 0 alive 20 herd 425 x reset @ upgrade';

describe('the text of a run', () => {
  it('begins with the cause and its share; the numbers, why, and what was ruled out follow in this order', () => {
    const lines = reportOf(FULL).split('\n');
    assert.match(lines[1] ?? '', /^CAUSE {4}fd-exhaustion: .* {2}425 of 425 failures \(100\u00a0%\)$/);
    const order = [
      /^CAUSE/,
      /^users {2,}\d+ requested, \d+ open, 425 failed/,
      /^Why fd-exhaustion/,
      /^Ruled out/,
      /^next/,
      /^report/,
    ];
    const found = order.map((one) => lines.findIndex((line) => one.test(line)));
    assert.ok(
      found.every((index, place) => index > (found[place - 1] ?? 0)),
      `${found}\n${lines.join('\n')}`,
    );
  });

  it('says so where nobody failed, and where no cause accounts for a failure', () => {
    assert.match(reportOf(HEALTHY), /^\nCAUSE {4}none: all \d+ users open, nobody failed\n/);
    assert.match(
      reportOf(NOBODYS),
      /^\nUNKNOWN {2}no cause accounts for 425 of 425 failures \(100\u00a0%\)\n/,
    );
  });

  it('has each suspect that was ruled out in one line, and names the others with --verbose alone', () => {
    const [, ruledOut = ''] = reportOf(FULL).split('Ruled out\n');
    const lines = (ruledOut.split('\n\n')[0] ?? '').split('\n');
    assert.deepEqual(
      lines
        .map((line) => line.trim().split(/ /)[0])
        .slice(0, -1)
        .sort(),
      ['app-timeout-or-panic', 'betting-herd', 'listen-backlog', 'loopback-interface'],
    );
    assert.match(lines.at(-1) ?? '', /^ {2}\d+ more +--verbose lists them$/);
    assert.ok(!reportOf(FULL).includes('syn-queue'));
    assert.match(reportOf(FULL, { verbose: true }), /^ruled out {7}syn-queue {2}part of listen-backlog$/m);
  });

  it('fits the width', () => {
    // A command that is to be copied stays whole.
    for (const width of [60, 80, 110, 160])
      for (const line of reportOf(FULL, { width }).split('\n'))
        assert.ok(line.length <= width || line.startsWith('next'), `${width}: ${line}`);
  });
});

describe('the answer', () => {
  const told = (cause: string, explains: number, under?: string): Told => ({
    ...{ cause, verdict: 'confirmed', explains, share: explains / 10 },
    ...(under === undefined ? {} : { under }),
  });

  it('is the largest share first, and the narrower cause where the wider one holds by it alone', () => {
    const all = [
      told('listen-backlog', 0),
      told('fd-exhaustion', 3),
      told('accept-queue-drop', 7, 'listen-backlog'),
    ];
    assert.deepEqual(
      namedCauses(all).map(({ cause }) => cause),
      ['accept-queue-drop', 'fd-exhaustion'],
    );
    assert.match(
      plain(answersOf(all, { noun: 'failures', failed: 10 }).flatMap((one) => answerLines(one, 200)))[0] ??
        '',
      /^CAUSE {4}accept-queue-drop \(part of listen-backlog\): the accept queue/,
    );
  });
});

describe('why', () => {
  const item = {
    source: '/proc/1/fd',
    name: 'descriptors',
    before: 23,
    after: 4096,
    limit: 4096,
    says: 'all in use',
  };

  it('is a table: before, after, limit and source; what nobody read has no column', () => {
    assert.deepEqual(plain(whyLines({ cause: 'x', items: [item] }, 80)), [
      `${'Why x'.padEnd(46)}  before  after  limit  source`,
      `  ${'all in use'.padEnd(44)}      23   4096   4096  /proc/1/fd`,
    ]);
    const { limit: _, ...without } = item;
    assert.ok(!plain(whyLines({ cause: 'x', items: [without] }, 80))[0]?.includes('limit'));
  });
});

describe('wrapping', () => {
  it('loses no word and no space, and is no wider than it may be, but for a word that is', () => {
    const word = fc.string({ minLength: 1, maxLength: 12 }).filter((text) => !text.includes(' '));
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 1, max: 40 }), (words, width) => {
        const lines = wrap(words.join(' '), width);
        assert.equal(lines.join(' '), words.join(' '));
        for (const line of lines) assert.ok(line.length <= width || !line.includes(' '));
        assert.ok(shortened(words.join(' '), width + 1).length <= width + 1);
      }),
    );
  });
});
