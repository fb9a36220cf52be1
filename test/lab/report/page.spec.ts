import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { compareHtml, reportHtml, sweepHtml, thresholdsHtml } from '../../../lab/report/pages.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { scratch } from '../cli/lab.ts';
import { browserForSuite, type Look, open } from './browser.ts';
import { inPage } from './in-page.js';
import { comparison, evidenceOf, smallRun, sweep, thresholds } from './tools.ts';

const VALUES = ['64', '128', '256', '512', '1024'];
const LOOKS: Record<string, Look> = {
  light: { scheme: 'light', width: 1180 },
  dark: { scheme: 'dark', width: 1180 },
  'phone, light': { scheme: 'light', width: 390 },
  'phone, dark': { scheme: 'dark', width: 390 },
};

describe('a report in a browser', () => {
  const browser = browserForSuite();
  const folder = scratch();
  let run: VerdictDocument & { path: string };
  const file = (kind: string) => join(folder(), `${kind}.html`);

  before(async function () {
    this.timeout(60_000);
    run = await smallRun(folder());
    const { evidence, fixed } = evidenceOf(run);
    writeFileSync(file('run'), reportHtml(run, [evidence], fixed && [fixed]));
    writeFileSync(file('threshold'), thresholdsHtml(thresholds(VALUES)));
    writeFileSync(file('threshold by name'), thresholdsHtml(thresholds(['off', 'on'], 'cookies')));
    writeFileSync(file('compare'), compareHtml(comparison()));
    writeFileSync(file('sweep'), sweepHtml(sweep(run, folder())));
  });

  const CHARTS = { run: 7, threshold: 2, 'threshold by name': 2, sweep: 1, compare: 0 };
  for (const [kind, charts] of Object.entries(CHARTS)) {
    for (const [name, look] of Object.entries(LOOKS)) {
      it(`${kind}, ${name}: draws every series, complains of nothing, asks for nothing, is not too wide`, async () => {
        const { page, complaints } = await open(browser(), file(kind), look);
        const drawn = await page.evaluate(inPage.seriesDrawn);
        const there = new Set(drawn.map(({ chart }) => chart)).size;
        // A run has those of its ledger besides, by who could tell.
        assert.ok(kind === 'run' ? there >= charts : there === charts, `${there} charts`);
        assert.deepEqual(
          drawn.filter(({ pixels }) => pixels === 0),
          [],
        );
        assert.deepEqual(complaints, []);
        assert.ok((await page.evaluate(inPage.width)) <= look.width);
        await page.close();
      });
    }
  }

  it('on a phone the rows of a sweep stay low, however much is expected of a cell', async () => {
    const document = sweep(run, folder());
    for (const { expected } of document.cells)
      if (expected) expected.says = 'open = predicted, failed > 0, lost = 0, cause fd-exhaustion';
    writeFileSync(file('long sweep'), sweepHtml(document));
    const { page } = await open(browser(), file('long sweep'), { scheme: 'light', width: 390 });
    const rows = await page.locator('table').first().locator('tbody tr').all();
    assert.equal(rows.length, document.cells.length);
    for (const row of rows) assert.ok(((await row.boundingBox())?.height ?? 0) < 70);
    await page.close();
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`has contrast in ${scheme}: text 4.5, lines 3`, async () => {
      const { page } = await open(browser(), file('run'), { scheme, width: 800 });
      const contrast = await page.evaluate(inPage.contrasts);
      for (const [name, ratio] of Object.entries(contrast))
        assert.ok(ratio >= (name.startsWith('--tone') ? 3 : 4.5), `${name}: ${ratio}`);
      assert.ok(Object.keys(contrast).length > 15);
      await page.close();
    });
  }

  it('draws anew when the scheme changes', async () => {
    const { page, complaints } = await open(browser(), file('run'), { scheme: 'light', width: 800 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.evaluate(inPage.twoFrames);
    const drawn = await page.evaluate(inPage.seriesDrawn);
    assert.deepEqual(
      drawn.filter(({ pixels }) => pixels === 0),
      [],
    );
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('moves the cursor of all charts over time with the arrow keys', async () => {
    const { page } = await open(browser(), file('run'), LOOKS.light as Look);
    const value = (chart: string) => page.locator(`#${chart} .u-legend .u-value`).nth(1).textContent();
    assert.equal(await value('descriptors'), '–');
    await page.locator('#users').focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    assert.equal(await value('users'), '300', 'started');
    assert.match((await value('descriptors')) ?? '', /^\d+$/);
    await page.close();
  });

  it('says everything but the charts without script', async () => {
    const { page, complaints } = await open(browser(), file('run'), {
      scheme: 'light',
      width: 390,
      script: false,
    });
    const text = await page.locator('main').innerText();
    assert.ok(run.users.failed > 0);
    for (const said of [
      `${run.users.failed} of 300 users failed`,
      'fd-exhaustion',
      'charts need script',
      '✓ verified',
    ])
      assert.ok(text.includes(said), said);
    assert.equal(await page.locator('canvas').count(), 0);
    assert.equal(await page.locator('.chart').first().isVisible(), false);
    assert.deepEqual(complaints, []);
    await page.close();
  });

  it('lets no content out of its place', async () => {
    const evil = '</script></style><img src=x onerror=alert(1)><script>alert(2)</script>\u2028"\'`-->';
    const { evidence, fixed } = evidenceOf(run);
    const document = structuredClone(run);
    document.name = document.runtime = document.path = document.threshold.law = document.host.kernel = evil;
    document.settings[evil] = evil;
    for (const verdict of document.verdicts) {
      verdict.cause = evil;
      for (const item of verdict.for) item.says = item.source = item.name = evil;
    }
    const points = thresholds([evil, 'other'], evil);
    writeFileSync(file('evil'), reportHtml(document, [evidence], fixed && [fixed]));
    writeFileSync(file('evil threshold'), thresholdsHtml(points));
    for (const name of ['evil', 'evil threshold']) {
      const { page, complaints } = await open(browser(), file(name), LOOKS.light as Look);
      assert.deepEqual(complaints, []);
      assert.equal(await page.locator('img').count(), 0);
      assert.ok((await titleOf(page)).includes('<img src=x onerror=alert(1)>'));
      await page.close();
    }
  });

  it('shows in print what is folded up on the screen', async () => {
    const { page } = await open(browser(), file('run'), { scheme: 'dark', width: 1180 });
    const table = page.getByText('where it was read');
    assert.equal(await table.isVisible(), false);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    assert.equal(await table.isVisible(), true);
    const ground = await page.evaluate(inPage.ground);
    assert.equal(ground, 'rgb(255, 255, 255)');
    await page.close();
  });
});

function titleOf(page: Page): Promise<string> {
  return page.locator('header').innerText();
}
