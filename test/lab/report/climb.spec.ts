import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import type { ClimbDocument } from '../../../lab/climb/climb-document.ts';
import { climbText } from '../../../lab/report/climb-text.ts';
import { axisOf, spaced } from '../../../lab/report/data/ladder-scale.ts';
import { climbMarkdown } from '../../../lab/report/markdowns.ts';
import { climbHtml } from '../../../lab/report/pages.ts';
import { rereadFolder } from '../../../lab/report/rebuild.ts';
import { bytesText, estimated, estimatedBytes } from '../../../lab/report/text/estimate.ts';
import { scratch } from '../cli/lab.ts';
import { browserForSuite, open } from './browser.ts';
import { atAWall, climbed, interrupted } from './climb.ts';
import { inPage } from './in-page.js';
import { blocksOf, sectionsOf, seen, tableOf } from './markdown.ts';
import { inThisOrder, textOf } from './order.ts';

const ALL = { climbed: climbed(), 'at a wall': atAWall(), interrupted: interrupted() };

const textOfClimb = (document: ClimbDocument) => stripVTControlCharacters(climbText(document));
/** The rows of the walls, in the terminal. */
const wallsIn = (text: string) =>
  (text.split(/^ +users {2}.*\n/m)[1] ?? '')
    .split('\n\n')[0]
    ?.split('\n')
    .map((line) => line.trim());

describe('a climb in the terminal', () => {
  it('has the answer, a row a wall, the laws, the end, and then the paper', () => {
    const text = textOfClimb(climbed());
    inThisOrder(text, [
      'ANSWER   100000 users open, as many as asked for; 4 walls met',
      'fd-exhaustion',
      'predicted by: nofile - descriptors at rest numbered below nofile (fd-exhaustion)',
      'end      all 100000 users open',
      'Predicted for 1000000 users',
      'next: the same command with --to 200000',
    ]);
    assert.deepEqual(
      wallsIn(text)?.map((line) => line.split(/ {2,}/)),
      [
        ['4500', 'fd-exhaustion', '4072', '4072', 'nofile 4096 → 8192'],
        ['9000', 'accept-queue-drop', '7050', '7011', 'backlog 511 → 4096; somaxconn 511 → 4096'],
        ['22000', 'fd-exhaustion', '19976', '19976', 'gateways 1 → 2'],
        ['60000', 'unknown', '-', '56100', 'sources 1 → 2'],
      ],
    );
  });

  it('says of each figure on paper that it is predicted, with its error', () => {
    const [, paper = ''] = textOfClimb(climbed()).split(/^Predicted for .*\n/m);
    const figures = paper.split('basis')[0]?.trim().split('\n') ?? [];
    assert.equal(figures.length, 7);
    for (const line of figures) assert.match(line, / predicted \d/, line);
    for (const said of ['predicted 21.00 ± 0.31 GiB', 'predicted 11.0 ± 1.2 GiB', 'predicted 912 ± 14 s'])
      assert.ok(paper.includes(said), said);
    assert.match(paper, /machines +predicted 1\.33 ± 0\.05, like this one, which has 24 GiB\n/);
  });

  it('names the wall that this machine cannot move, and how to see it alone', () => {
    const text = textOfClimb(atAWall());
    assert.match(
      text.replace(/\s+/g, ' '),
      /^ ANSWER 51000 of 100000 users open; 4 walls met; end: memory-kill: nothing/,
    );
    assert.match(wallsIn(text)?.at(-1) ?? '', / memory-kill +- +51000 +none on this machine$/);
    assert.match(text, /^next: .* run memory-kill /m);
  });

  it('of nothing says that no wall was met, that it was interrupted, and that nothing is predicted', () => {
    const text = textOfClimb(interrupted());
    assert.match(text, /^ANSWER {3}0 of 100000 users open: interrupted; no wall was met$/m);
    assert.match(text, /^ {2}No wall was met\.$/m);
    assert.match(text, /^Incomplete: the climb was interrupted/m);
    assert.equal(text.match(/not predicted: the loads of this climb do not tell/g)?.length, 4);
    assert.doesNotMatch(text, /^next:|NaN|null|undefined/m);
  });

  it('names a report where there is a folder', () => {
    assert.match(textOfClimb(climbed({ path: '/runs/1' })), /^report: \/runs\/1\/report\.html$/m);
  });
});

describe('a climb in Markdown', () => {
  for (const [name, document] of Object.entries(ALL))
    it(`says the same as the terminal: ${name}`, () => {
      const text = textOfClimb(document).replace(/\s+/g, ' ');
      const tables = blocksOf(climbMarkdown(document))
        .filter(({ kind }) => kind === 'table')
        .flatMap(({ lines }) => tableOf(lines).slice(1).flat());
      assert.ok(tables.length >= 14);
      for (const cell of tables) assert.ok(text.includes(cell), cell);
    });

  it('has the walls, the end and the paper', () => {
    const sections = sectionsOf(climbMarkdown(climbed()));
    const [first, paper] = [...sections.keys()];
    assert.equal(first, 'climb to 100000 users');
    assert.match(paper ?? '', /^Predicted for 1000000 users/);
    const [answer] = sections.get('climb to 100000 users') ?? [];
    assert.equal(
      seen(answer?.lines[0] ?? ''),
      'Answer: 100000 users open, as many as asked for; 4 walls met',
    );
    assert.match(climbMarkdown(interrupted()), /^\*\*Incomplete:\*\* /m);
  });

  it('shows what others say as it is', () => {
    const evil = 'a | b `c` <img src=x> @d\n\n# e';
    const document = climbed({ end: evil });
    for (const step of document.steps) step.wall = step.fix = step.law = evil;
    document.paper.basis = [evil];
    blocksOf(climbMarkdown(document));
  });
});

describe('the page of a climb', () => {
  const page = climbHtml(climbed());

  it('has the answer, the ladder, the walls, the paper and every load; it is small', () => {
    inThisOrder(page, [
      '<h1>100000 users open',
      '<h2>The ladder</h2>',
      '<svg class="ladder"',
      '<h2>The walls that were met</h2>',
      '<h2>On paper: 1000000 users</h2>',
      '<h2>Every load</h2>',
      '<h2>Settings</h2>',
    ]);
    assert.ok(page.length < 150_000, `${page.length} bytes`);
    assert.match(page, /<td class="n"><i class="predicted">7050<\/i><\/td><td class="n"><b>7011<\/b>/);
    assert.match(textOf(page), /912 ± 14 s predicted/);
  });

  it('stays small however many walls were met', () => {
    const { steps, loads } = climbed();
    const many = climbed({
      steps: Array.from({ length: 60 }, (_, at) => ({
        ...(steps[at % 4] as (typeof steps)[0]),
        measured: 4000 + at,
      })),
      loads: Array.from({ length: 120 }, (_, at) => loads[at % 5] as (typeof loads)[0]),
    });
    assert.ok(climbHtml(many).length < 250_000);
  });

  it('draws a rung for each wall, what was predicted apart, and has words for whoever does not see it', () => {
    const [, svg = ''] = /<svg class="ladder"(.*?)<\/svg>/s.exec(page) ?? [];
    assert.equal(svg.match(/<circle class="measured"/g)?.length, 4);
    assert.equal(svg.match(/<path class="predicted"/g)?.length, 3, 'no law knows one of them');
    assert.equal(svg.match(/<line class="reached"/g)?.length, 1);
    assert.doesNotMatch(svg, /NaN|Infinity|undefined|style=/);
    assert.match(svg, /role="img" aria-labelledby="ladder-title ladder-desc"/);
    const [, said = ''] = /<desc id="ladder-desc">(.*?)<\/desc>/.exec(svg) ?? [];
    assert.match(
      said,
      /^100000 of 100000 users open\. From below: fd-exhaustion: measured 4072, predicted 4072, fix: /,
    );
    assert.match(said, /unknown: measured 56100, no law predicts it, fix: sources 1 → 2\.$/);
  });

  it('of one that did not get there has the target too; of nothing no rung', () => {
    assert.match(climbHtml(atAWall()), /<line class="target"/);
    assert.match(climbHtml(atAWall()), /<g class="rung last">/);
    const nothing = climbHtml(interrupted());
    assert.doesNotMatch(nothing, /<circle class="measured"|<line class="reached"|NaN|>null</);
    assert.match(nothing, /<b>Incomplete:<\/b> the climb was interrupted/);
    assert.match(nothing, /No wall was met\./);
    assert.equal(nothing.match(/not predicted: the loads/g)?.length, 4);
  });

  it('lets no content out of its place', () => {
    const evil = '</svg></script><img src=x onerror=alert(1)>"';
    const document = climbed({ end: evil, runtime: evil });
    for (const step of document.steps) step.wall = step.fix = step.law = evil;
    document.paper.basis = [evil];
    assert.doesNotMatch(climbHtml(document), /<img/);
  });
});

describe('the ladder', () => {
  const places = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 1, maxLength: 30 });

  it('has every number between its ends, larger ones higher', () => {
    fc.assert(
      fc.property(places, (numbers) => {
        const { place, ticks } = axisOf(numbers, 30, 400);
        const sorted = numbers.toSorted((a, b) => a - b).map(place);
        for (const [index, y] of sorted.entries()) {
          assert.ok(y >= 29.999 && y <= 400.001, `${y}`);
          assert.ok(y <= (sorted[index - 1] ?? y));
        }
        for (const tick of ticks) assert.ok(place(tick) >= 29.999 && place(tick) <= 400.001);
        assert.ok(ticks.length > 0);
      }),
    );
  });

  it('has words that do not cover each other, all within, and at their rung where there is room', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 30, max: 400 }), { maxLength: 9 }), (ys) => {
        const sorted = ys.toSorted((a, b) => b - a);
        const at = spaced(sorted, 40, [30, 400]);
        for (const [index, y] of at.entries()) {
          assert.ok(y >= 30 && y <= 400);
          assert.ok(y <= (at[index - 1] ?? Number.POSITIVE_INFINITY) - 40);
        }
      }),
    );
    assert.deepEqual(spaced([400, 300, 200], 40, [30, 400]), [400, 300, 200]);
  });
});

describe('an estimate', () => {
  it('is told to two digits of its error', () => {
    for (const [value, error, said] of [
      [912.4, 14.2, '912 ± 14'],
      [2.413, 0.0831, '2.41 ± 0.08'],
      [12.13, 0.314, '12.13 ± 0.31'],
      [40.2, 1.24, '40.2 ± 1.2'],
      [3, 0, '3.00 ± 0.00'],
      [3, 0.0001, '3.00 ± less than 0.01'],
    ] as const)
      assert.equal(estimated({ value, error }), said);
  });

  it('of bytes has the unit of its value', () => {
    assert.equal(estimatedBytes({ value: 24.93 * 2 ** 30, error: 0.31 * 2 ** 30 }), '24.93 ± 0.31 GiB');
    assert.deepEqual([0, 900, 1536, 24 * 2 ** 30].map(bytesText), [
      '0 bytes',
      '900 bytes',
      '1.5 KiB',
      '24 GiB',
    ]);
  });
});

describe('the folder of a climb', () => {
  const folder = scratch();

  it('is told again from climb.json, as a page and as Markdown', () => {
    const document = climbed({ path: folder() });
    writeFileSync(join(folder(), 'climb.json'), JSON.stringify(document));
    const { kind, page, complete, files, markdown } = rereadFolder(folder());
    assert.deepEqual([kind, page, complete], ['climb', 'report.html', true]);
    assert.deepEqual(files(), { 'report.html': climbHtml(document) });
    assert.equal(markdown(), climbMarkdown(document));
  });

  it('is refused where the file has no walls', () => {
    writeFileSync(join(folder(), 'climb.json'), JSON.stringify({ schema: 1, host: {} }));
    assert.throws(() => rereadFolder(folder()), /climb\.json: it has no steps, loads, paper; allowed: /);
  });
});

describe('the page of a climb in a browser', () => {
  const browser = browserForSuite();
  const folder = scratch();

  for (const [name, document] of Object.entries(ALL))
    for (const [scheme, width] of [
      ['light', 1180],
      ['dark', 390],
    ] as const)
      it(`${name}, ${scheme}, ${width} px: complains of nothing, asks for nothing, is not too wide; the ladder needs no script`, async () => {
        const file = join(folder(), 'climb.html');
        writeFileSync(file, climbHtml(document));
        const { page, complaints } = await open(browser(), file, { scheme, width, script: false });
        assert.deepEqual(complaints, []);
        assert.ok((await page.evaluate(inPage.width)) <= width);
        assert.ok(await page.locator('svg.ladder').isVisible());
        const words = await page.locator('svg.ladder .first').all();
        const boxes = await Promise.all(words.map((word) => word.boundingBox()));
        const tops = boxes.map((box) => box?.y ?? 0).sort((a, b) => a - b);
        for (const [index, top] of tops.entries())
          assert.ok(index === 0 || top - (tops[index - 1] ?? 0) > 25);
        await page.close();
      });
});
