import assert from 'node:assert/strict';
import { stripVTControlCharacters } from 'node:util';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { reportHtml } from '../../../lab/report/pages.ts';
import { terminalReport } from '../../../lab/report/terminal.ts';
import { judgeEach } from '../../../lab/run/judged.ts';
import { verdictDocument } from '../../../lab/run/verdict-document.ts';
import type { Stage } from '../../../protocol/fleet-events.ts';
import { synthesise } from '../verdict/synthetic.ts';

/** What is printed of a run in which 70 users were reset at this stage. */
function reports(stage: Stage): { terminal: string; page: string; open: number } {
  const evidence = synthesise(
    {
      descriptors: 'room',
      overflows: 0,
      abort: 0,
      drops: 0,
      gateway: 'alive',
      loopMs: 30,
      betting: 'paced',
      failed: [{ users: 70, outcome: 'reset', stage, afterBet: false, late: false }],
    },
    1,
  );
  const facts = drawFacts(evidence);
  const document = verdictDocument('reset', judgeEach([evidence]), null, null);
  const page = reportHtml(document, [evidence], [evidence]);
  return { terminal: stripVTControlCharacters(terminalReport(document)), page, open: facts.open };
}

describe('the threshold of a run', () => {
  it('is the number of users let in, when all failures were before that', () => {
    const { terminal, page, open } = reports('upgrade');
    assert.match(terminal, new RegExp(`threshold +${open} users measured, \\d+ predicted \\(`));
    assert.ok(page.includes(`${open} measured`));
  });

  it('is not measured when users were let in and failed later', () => {
    const { terminal, page } = reports('open');
    assert.match(
      terminal,
      /threshold +none measured \(\d+ users became open, 70 of them failed later\), \d+ predicted/,
    );
    assert.match(page, /70 failed once open: no threshold was measured/);
  });
});
