import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { fileLedgerLine, newLedger } from '../../../lab/evidence/ledger/ledger.ts';
import { diagnosisHtml } from '../../../lab/report/pages.ts';
import type { WitnessLine } from '../../../protocol/connection-events.ts';
import { scratch } from '../cli/lab.ts';
import { browserForSuite, type Look, open } from './browser.ts';
import { BEGAN, connection, diagnosis, manyConnections, watched } from './diagnosis.ts';
import { inPage } from './in-page.js';
import { inThisOrder, textOf } from './order.ts';

describe('the report of a diagnosis', () => {
  const page = diagnosisHtml(diagnosis(), watched(manyConnections(900)));
  const text = page.replace(/<script.*?<\/script>|<style.*?<\/style>/gs, '');

  it('says which server, its limits, the verdicts with the commands by hand, and what was not seen', () => {
    for (const said of [
      'shop on port 8080: fd-exhaustion confirmed',
      'shop (pid 42, one of 2) at 0.0.0.0:8080. In force: nofile 64, backlog 511, somaxconn 4096.',
      'watched for 10 s',
      'all 64 descriptors in use',
      'by hand: <code>ls /proc/42/fd | wc -l</code>',
      'the processes of others',
      '1 cause: idle-timeout',
      '90 connections; shop has no file descriptor left',
    ])
      assert.ok(text.includes(said), said);
    assert.ok(!text.includes('failed user'), 'nobody told of users');
  });

  it('has the answer first, then the numbers, why, what was ruled out and not seen, what comes next, and then the rest', () => {
    inThisOrder(text, [
      '<h1>shop on port 8080: fd-exhaustion confirmed</h1>',
      'class="answer"',
      'shop (pid 42',
      'class="tiles"',
      '<h2>Why</h2>',
      '<h2>Ruled out</h2>',
      '<h2>Not enough data</h2>',
      '<h2>Not seen</h2>',
      '<h2>Next</h2>',
      '<h2>What happened</h2>',
    ]);
    assert.match(text, /<b>fd-exhaustion<\/b>: shop has no file .* <b class="figure">90 connections<\/b>/);
    assert.match(text, /<p><code>lab\/causes\/fd-exhaustion\.md<\/code> \(what to change/);
    assert.doesNotMatch(textOf(page), /\b(?:refuted|insufficient-data|as asked)\b|\bexplains \d/);
    assert.doesNotMatch(page, />(?:asked|explains)</);
  });

  it('shows what else lives in the namespace and what was seen, and nothing of what was not', () => {
    const more = {
      ...diagnosis(),
      scope: 'two others: <b>cron</b>',
      seen: ['150 connections closed at once'],
    };
    const shown = diagnosisHtml(more, watched([]));
    assert.match(shown, /scope:<\/b> two others: &#60;b&#62;cron/);
    assert.match(shown, /What was seen<\/h2>\s*<ul><li>150 connections closed at once/);
    assert.ok(!text.includes('What was seen'), 'nothing was');
  });

  it('says of figures that are not known just that', () => {
    assert.match(text, /<dt>Turned away<\/dt><dd><b>not known<\/b>/);
    const document = diagnosis();
    document.counted = { accepted: null, held: null, resets: null, drops: null, turnedAway: null };
    document.target = { ...document.target, pid: null, name: null };
    const unknown = diagnosisHtml(document, watched([]));
    assert.match(unknown, /a process that cannot be seen at/);
    assert.equal(unknown.match(/<b>not known<\/b>/g)?.length, 4);
  });

  it('has the figures of the ledger beside its charts, and calls the counters of the namespace background', () => {
    for (const said of [
      '900 connections, of which 0 were still open',
      'Without tracefs: not root.',
      '360 exact, 450 brackets, 90 never accepted',
    ])
      assert.ok(text.includes(said), said);
    for (const label of ['Waits in the accept queue', 'Ages at close', 'Background'])
      assert.ok(text.includes(`aria-label="${label}"`), label);
    assert.match(text, /360 of 360 between 1\.5 s and 1\.506 s/);
  });

  it('says in one line why there is no ledger, and draws nothing of it', () => {
    const evidence = watched([]);
    const whyNot = (...lines: Partial<WitnessLine>[]) => {
      evidence.ledger = newLedger();
      for (const line of lines)
        fileLedgerLine(evidence.ledger, { event: 'witness', at: BEGAN, by: 'ss -E', lost: 0, ...line });
      const made = diagnosisHtml(diagnosis(), evidence);
      assert.doesNotMatch(made, /id="(waits|ages-\w+|ends)"/);
      return /Each connection<\/h2>\s*<p>(.*?)<\/p>/s.exec(made)?.[1];
    };
    assert.equal(whyNot(), 'No ledger, so no waits and no ages: no witness told of single connections.');
    assert.equal(
      whyNot({ missing: 'no ss' }, { by: 'tracefs', missing: 'not root' }),
      'No ledger, so no waits and no ages: ss -E: no ss; tracefs: not root.',
    );
    assert.equal(
      whyNot({}, { by: 'tracefs', missing: 'not root' }),
      'No connection was reported by ss -E. tracefs: not root.',
    );
  });

  it('says what was lost to a witness, what it cannot tell, and which accepts failed', () => {
    const evidence = watched([connection(1)]);
    const more = { without: ['waits: two listeners'], failedAccepts: { EMFILE: 3 } };
    fileLedgerLine(evidence.ledger, { event: 'witness', at: BEGAN, by: 'ss -E', lost: 12, ...more });
    const shown = diagnosisHtml(diagnosis(), evidence);
    for (const said of [
      /12 lost to ss -E/,
      /Not told by ss -E: waits: two listeners\./,
      /accept\(2\) failed 3 times with EMFILE/,
    ])
      assert.match(shown, said);
  });

  it('stays small with 100 000 connections', () => {
    const many = diagnosisHtml(diagnosis(), watched(manyConnections(100_000)));
    assert.ok(many.length < page.length + 20_000, `${many.length} bytes beside ${page.length} of 900`);
  });

  it('is made of nothing as well', () => {
    const { host, runtime, driver, exclusive, asked } = watched([]);
    const nothing = noEvidence({ host, runtime, driver, exclusive, asked });
    const document = { ...diagnosis(), complete: false, verdicts: [], unseen: [] };
    const made = diagnosisHtml(document, nothing);
    for (const said of ['Incomplete:', 'Nothing was judged', 'Nothing was sampled'])
      assert.ok(made.includes(said), said);
  });

  describe('in a browser', () => {
    const browser = browserForSuite();
    const folder = scratch();
    const file = () => join(folder(), 'diagnosis.html');
    const looks: Record<string, Look> = {
      light: { scheme: 'light', width: 1180 },
      'phone, dark': { scheme: 'dark', width: 390 },
    };
    for (const [name, look] of Object.entries(looks)) {
      it(`${name}: draws every series, complains of nothing, asks for nothing, is not too wide`, async () => {
        writeFileSync(file(), page);
        const { page: tab, complaints } = await open(browser(), file(), look);
        const drawn = await tab.evaluate(inPage.seriesDrawn);
        assert.equal(new Set(drawn.map(({ chart }) => chart)).size, 11);
        assert.deepEqual(
          drawn.filter(({ pixels }) => pixels === 0),
          [],
        );
        assert.deepEqual(complaints, []);
        assert.ok((await tab.evaluate(inPage.width)) <= look.width);
        await tab.close();
      });
    }

    it('lets no content of the document out of its place', async () => {
      const evil = '</script><img src=x onerror=alert(1)><script>alert(2)</script>"\'`';
      const document = { ...diagnosis(), scope: evil, seen: [evil], unseen: [evil], path: evil };
      document.target = { ...document.target, name: evil, addresses: [evil], container: evil };
      for (const item of document.verdicts.flatMap(({ for: pro }) => pro)) item.byHand = item.says = evil;
      const evidence = watched([connection(1)]);
      fileLedgerLine(evidence.ledger, { event: 'witness', at: BEGAN, by: 'tracefs', missing: evil, lost: 0 });
      writeFileSync(file(), diagnosisHtml(document, evidence));
      const { page: tab, complaints } = await open(browser(), file(), looks.light as Look);
      assert.deepEqual(complaints, []);
      assert.equal(await tab.locator('img').count(), 0);
      await tab.close();
    });
  });
});
