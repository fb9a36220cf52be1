import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { runMarkdown } from '../../../lab/report/markdowns.ts';
import { reportHtml } from '../../../lab/report/pages.ts';
import { terminalReport } from '../../../lab/report/terminal.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { type VerdictDocument, verdictDocument } from '../../../lab/run/verdict-document.ts';
import { scratch } from '../cli/lab.ts';
import { type Several, severalGateways } from '../run/several-gateways.ts';
import { browserForSuite, open } from './browser.ts';
import { inPage } from './in-page.js';
import { blocksOf, tableOf } from './markdown.ts';
import { textOf } from './order.ts';

function runOf(several: Several) {
  const evidences = severalGateways(several);
  const document = verdictDocument('run', judgeEach(evidences), null, null);
  return { evidences, document, page: () => reportHtml(document, evidences, undefined) };
}

const linesOf = (document: VerdictDocument, width = 200) =>
  stripVTControlCharacters(terminalReport(document, { width })).split('\n');

/** The lines of a label, in the terminal. */
function labelled(document: VerdictDocument, label: string): string[] {
  const lines = linesOf(document);
  const from = lines.findIndex((line) => line.startsWith(`${label} `));
  if (from < 0) return [];
  const after = lines.slice(from + 1).findIndex((line) => !line.startsWith('   '));
  return lines.slice(from, from + 1 + after).map((line) => line.replace(label, '').trim());
}

describe('a run of several gateways', () => {
  const { document, page } = runOf({ users: 9000, failed: [0, 120, 0], sources: 2, ledger: true });
  const [, second] = document.parts?.gateways ?? [];

  it('has in the terminal a line for each gateway and each source, in their own numbers', () => {
    const gateways = labelled(document, 'gateways');
    assert.equal(gateways.length, 3);
    assert.equal(
      gateways[1],
      `2: 2880 of 3000 open, 120 failed; ${second?.threshold.predicted} predicted; bets ${second?.bets.recorded} of 2880; ledger 3000, 1 lost; 95.4 MiB`,
    );
    assert.match(gateways[0] ?? '', /^1: 3000 of 3000 open, 0 failed; \d+ predicted; bets /);
    assert.deepEqual(labelled(document, 'sources'), [
      '1: 4380 of 4500 open, 120 failed',
      '2: 4500 of 4500 open, 0 failed',
    ]);
  });

  it('says how far apart the fleets began, and on the page when each did', () => {
    assert.deepEqual(labelled(document, 'start'), ['fleets began within 0.0 ms of each other']);
    const text = page();
    assert.ok(text.includes('<p>The fleets began within 0.0 ms of each other.</p>'));
    assert.match(text, /first connect, ms[\s\S]*Connects: since the first of all fleets/);
  });

  it('says the same in Markdown', () => {
    const [numbers = []] = blocksOf(runMarkdown(document))
      .filter(({ kind }) => kind === 'table')
      .map(({ lines }) => tableOf(lines));
    for (const label of ['gateways', 'sources', 'start'])
      assert.deepEqual(numbers.find(([head]) => head === label)?.[1]?.split('\n'), labelled(document, label));
  });

  it('fits the width of a terminal', () => {
    for (const width of [60, 80, 110])
      for (const line of linesOf(document, width))
        assert.ok(line.length <= width || line.startsWith('next'), line);
  });

  it('of many shows those with failures, at most eight, and says how many there are besides', () => {
    const failed = Array.from({ length: 12 }, (_, gateway) => (gateway === 10 ? 5 : 0));
    const lines = labelled(runOf({ users: 1200, failed }).document, 'gateways');
    assert.equal(lines.length, 9);
    assert.match(lines[7] ?? '', /^11: 95 of 100 open, 5 failed/);
    assert.equal(lines[8], '4 more in verdict.json');
  });

  it('has on the page a table of gateways, one of sources and one of fleets; what is predicted looks so', () => {
    const html = page();
    assert.match(
      html,
      /<th scope="row" class="t">2<\/th><td class="n">3000<\/td><td class="n">2880<\/td><td class="n"><b class="bad">120<\/b><\/td><td class="n">2880<\/td><td class="n"><i class="predicted">\d+<\/i>/,
    );
    assert.match(textOf(html), /From each source to each gateway: 6 fleets/);
    assert.match(html, /<h3>Each source<\/h3>/);
    assert.match(html, /3000, <span class="bad">1 lost<\/span>/);
    assert.match(html, /<h3 id="descriptors-title">The gateway&#39;s descriptors \(gateway 2 of 3\)/);
    assert.match(html, /<b class="bad">3 lost to ss -E<\/b>/, 'what any witness lost');
  });

  it('has no table of sources where there is one, and no part at all where there is one of each', () => {
    const one = runOf({ users: 600, failed: [0, 0] });
    assert.doesNotMatch(one.page(), /Each source/);
    assert.deepEqual(labelled(one.document, 'sources'), []);
    const single = runOf({ users: 300, failed: [0] });
    assert.doesNotMatch(single.page(), /Each part/);
    assert.deepEqual(labelled(single.document, 'gateways'), []);
  });

  it('of 1 000 000 users from many sources leaves the fleets to verdict.json', () => {
    const several = runOf({ users: 600, failed: Array(51).fill(0), sources: 36 });
    const html = several.page();
    assert.match(html, /1836 fleets, which are in verdict\.json/);
    assert.ok(html.length < 300_000, `${html.length} bytes`);
  });
});

describe('the page of 100 000 users of six gateways', function () {
  this.timeout(60_000);
  const folder = scratch();
  const CASES = { 'none fails': [0, 0, 0, 0, 0, 0], 'many fail': [9000, 9000, 0, 9000, 16_000, 12_000] };
  const file = (name: string) => join(folder(), `${name}.html`);

  for (const [name, failed] of Object.entries(CASES))
    it(`is at most 1 MB where ${name}`, () => {
      const { document, page } = runOf({ users: 100_200, failed, sources: 2, ledger: true });
      const html = page();
      writeFileSync(file(name), html);
      assert.ok(html.length <= 1_000_000, `${html.length} bytes`);
      const { asked, open: stayed } = document.users;
      const lost = failed.reduce((sum, users) => sum + users, 0);
      assert.deepEqual([asked, stayed], [100_200, 100_200 - lost]);
      assert.match(html, /100200 connections, of which 0 were still open/);
    });

  describe('in a browser', () => {
    const browser = browserForSuite();
    for (const name of Object.keys(CASES))
      it(`draws every series where ${name}`, async () => {
        const { page, complaints } = await open(browser(), file(name), { scheme: 'light', width: 800 });
        const drawn = await page.evaluate(inPage.seriesDrawn);
        assert.ok(drawn.length > 9);
        const empty = drawn.filter(({ pixels }) => pixels === 0).map(({ series }) => series);
        // Of nobody there is nothing to draw.
        assert.deepEqual(name === 'many fail' ? empty : empty.filter((series) => !/failed/.test(series)), []);
        assert.deepEqual(complaints, []);
        assert.ok((await page.evaluate(inPage.width)) <= 800);
        await page.close();
      });
  });
});
