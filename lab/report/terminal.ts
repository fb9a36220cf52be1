import { join } from 'node:path';
import { styleText } from 'node:util';
import { fromHere } from '../../common/format.ts';
import { widthOf, wrap } from '../../common/wrap.ts';
import { waysOf } from '../facts/user-groups.ts';
import { failedOnceOpen, type VerdictDocument } from '../run/verdict-document.ts';
import { allLines } from './outcome-lines.ts';
import { answerLines } from './text/found.ts';
import { inBlocks, labelled, labelledRows } from './text/labelled.ts';
import { nextAfterRun } from './text/next.ts';
import { ruledOutLines, undecidedLines } from './text/ruled-out.ts';
import { whyNamed } from './text/why.ts';

/** How much is told. */
export interface Telling {
  /** Every verdict with all its evidence. */
  verbose?: boolean;
  /** Characters a line may have; without: those of the terminal. */
  width?: number;
}

/** The verdict as a person reads it: the answer, the numbers, why, what was ruled out, and what to do next. */
export function terminalReport(
  document: VerdictDocument,
  { verbose = false, width = widthOf() }: Telling = {},
): string {
  const { trace, verdicts, complete } = document;
  const told = verbose
    ? [allLines(verdicts, ({ source }) => `; ${source}`)]
    : [
        ...whyNamed(verdicts, undefined, width),
        ruledOutLines(verdicts, undefined, width),
        undecidedLines(verdicts, width),
      ];
  const blocks = [
    [...answer(document, width), ...fixLines(document, width)],
    numbers(document, width),
    ...told,
    trace?.available === false
      ? wrap(`The kernel's own reasons for resets are missing: ${trace.why}`, width)
      : [],
    complete
      ? []
      : [styleText('yellow', 'Incomplete: the run was interrupted; this is what it had measured.')],
    endLines(document),
  ];
  return inBlocks(blocks);
}

function answer({ verdicts, users }: VerdictDocument, width: number): string[] {
  const lines = answerLines(verdicts, { noun: 'failures', failed: users.failed }, { width });
  if (lines.length > 0) return lines;
  const { requested, open, failed } = stateOf(users);
  if (failed > 0)
    return labelled('CAUSE', ['yellow', 'bold'], `none confirmed for ${failed} failures`, width);
  const all = open === requested ? `all ${requested} users open` : `${open} of ${requested} users open`;
  return labelled('CAUSE', ['green', 'bold'], `none: ${all}, nobody failed`, width);
}

const stateOf = ({ asked, open, failed }: VerdictDocument['users']) => ({ requested: asked, open, failed });

function fixLines({ fix }: VerdictDocument, width: number): string[] {
  if (fix === null) return [];
  const { change, error, verified, users } = fix;
  if (error !== undefined) return labelled('FIX', ['red', 'bold'], `${change}  not shown: ${error}`, width);
  const { requested, open, failed } = stateOf(users);
  const came = `same load again, ${open} of ${requested} open`;
  return verified
    ? labelled('FIX', ['green', 'bold'], `${change}  verified: ${came}`, width)
    : labelled('FIX', ['red', 'bold'], `${change}  did not help: ${came}, ${failed} failed`, width);
}

/** Who became open, how the others failed, the threshold and the bets. */
function numbers(document: VerdictDocument, width: number): string[] {
  const { users, bets, runtime, settings } = document;
  const { requested, open, failed } = stateOf(users);
  const undecided = requested - open - failed;
  const states = [`${requested} requested`, `${open} open`, `${failed} failed`];
  if (undecided > 0) states.push(`${undecided} undecided`);
  const { nofile, backlog } = settings;
  const somaxconn = settings.somaxconn ?? settings['kern.ipc.somaxconn'];
  const wrong = [bets.lost > 0 ? `${bets.lost} lost` : '', bets.doubled > 0 ? `${bets.doubled} doubled` : ''];
  const lost = wrong.filter(Boolean).join(', ') || 'none lost or doubled';
  return labelledRows(
    [
      ['users', states.join(', ')],
      ...waysOf(users.by).map((way): [string, string] => ['', way]),
      ['threshold', thresholdText(document)],
      ['bets', `${bets.placed} placed, ${bets.acked} acknowledged, ${bets.recorded} recorded, ${lost}`],
      ['settings', `runtime ${runtime}, nofile ${nofile}, backlog ${backlog}, somaxconn ${somaxconn ?? '?'}`],
    ],
    width,
  );
}

function thresholdText({ users, threshold }: VerdictDocument): string {
  const { measured, atLeast, predicted, law } = threshold;
  const cut = failedOnceOpen(users);
  const seen = cut
    ? `none measured (${measured} users became open, ${cut} of them failed later)`
    : `${atLeast ? 'at least ' : ''}${measured} users measured`;
  return predicted === null ? `${seen}, none predicted` : `${seen}, ${predicted} predicted (${law})`;
}

function endLines(document: VerdictDocument): string[] {
  const { path } = document;
  const next = nextAfterRun(document);
  return [
    ...(next ? [`next: ${next}`] : []),
    ...(path ? [`report: ${fromHere(join(path, 'report.html'))}`] : []),
  ];
}
