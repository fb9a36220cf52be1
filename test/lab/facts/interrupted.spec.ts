import assert from 'node:assert/strict';
import { crowd } from '../../../lab/report/data/crowd-counts.ts';
import { terminalReport } from '../../../lab/report/terminal.ts';
import { findingsOfRun } from '../../../lab/report/text/run-findings.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { verdictDocument } from '../../../lab/run/verdict-document.ts';
import { showed } from '../../../lab/verbs/run-verb.ts';
import { INTERRUPTED, LOST } from '../../../robots/outcome.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

for (const [what, detail] of [
  ['an interrupted load', INTERRUPTED],
  ['a load that lost a part', LOST],
] as const)
  describe(`facts: ${what}`, () => {
    const evidence = evidenceOf(parse('room 0 0 0 alive 20 herd 80 x other @ connect'), 1);
    for (const user of evidence.fleet.users) if (user.outcome === 'other') user.detail = detail;
    if (evidence.fleet.done) evidence.fleet.done.interrupted = true;
    const document = verdictDocument('run', judgeEach([evidence]), null, null);
    const { asked, open } = document.users;

    it('whom it cut short has not failed, and needs no cause', () => {
      assert.deepEqual([asked - open, document.users.failed], [80, 0]);
      assert.deepEqual(
        document.verdicts.filter(({ explains }) => explains > 0),
        [],
      );
      assert.equal(document.threshold.atLeast, true);
    });

    it('it is incomplete, and has shown nothing', () => {
      assert.equal(document.complete, false);
      assert.equal(showed(document, undefined, false), 1);
    });

    it('is told as such, and never as all users open', () => {
      assert.equal(
        findingsOfRun(document).headline,
        `${open} of ${asked} users open, 0 failed, 80 undecided`,
      );
      assert.match(terminalReport(document), /0 failed, 80 undecided/);
      const { columns } = crowd(evidence.fleet.users, 0, 0);
      assert.deepEqual(
        columns.map((column) => column.at(-1)),
        [asked, open, 0],
      );
    });
  });
