import { join } from 'node:path';
import { styleText } from 'node:util';
import { count, fromHere, percent } from '../../common/format.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import { waysOf } from '../facts/user-groups.ts';
import { failedOnceOpen, type VerdictDocument } from '../run/verdict-document.ts';
import { isFolded, verdictLines, wordLine } from './outcome-lines.ts';

/** The verdict as a person reads it, one line an item. */
export function terminalReport(document: VerdictDocument): string {
  const { trace, bets } = document;
  const lines = [
    '',
    headline(document),
    ...waysOf(document.users.by).map((way) => `  ${way}`),
    '',
    thresholdLine(document),
    `  bets: ${bets.placed} placed, ${bets.acked} acked, ${bets.recorded} recorded, ${bets.lost} lost, ${bets.doubled} doubled`,
    ...(trace?.available === false ? [`  without the kernel's own word: ${trace.why}`] : []),
    '',
    ...verdicts(document.verdicts),
    ...fixLines(document),
  ];
  if (!document.complete) lines.push('', styleText('yellow', 'incomplete: the run was interrupted'));
  if (document.path) lines.push('', `report: ${fromHere(join(document.path, 'report.html'))}`);
  return `${lines.join('\n')}\n`;
}

function headline({ users, runtime, settings }: VerdictDocument): string {
  const { nofile, backlog } = settings;
  const somaxconn = settings.somaxconn ?? settings['kern.ipc.somaxconn'];
  const place = `runtime ${runtime}, nofile ${nofile}, backlog ${backlog}, somaxconn ${somaxconn ?? '?'}`;
  const undecided = users.asked - users.open - users.failed;
  const rest = undecided > 0 ? `, ${undecided} undecided` : '';
  return `${styleText('bold', `${users.asked} users asked, ${users.open} open, ${users.failed} failed${rest}`)}  (${place})`;
}

function thresholdLine({ users, threshold: { measured, atLeast, predicted, law } }: VerdictDocument): string {
  const cut = failedOnceOpen(users);
  const seen = cut
    ? `none measured (${measured} users were let in, ${cut} failed once open)`
    : `${atLeast ? 'at least ' : ''}${measured} users measured`;
  return `  threshold: ${seen}, ${predicted ?? 'unknown'} predicted by ${law}`;
}

/** The suspects and whatever else was found; the rest of what was ruled out in one line. */
function verdicts(all: readonly Verdict[]): string[] {
  const folded = all.filter(isFolded);
  const shown = all.filter((verdict) => !folded.includes(verdict));
  const isForm = ({ under }: Verdict) => shown.some(({ cause }) => cause === under);
  const lines = shown
    .filter((verdict) => !isForm(verdict))
    .flatMap((verdict) => [verdict, ...shown.filter(({ under }) => under === verdict.cause)])
    .flatMap(linesOf);
  if (folded.length === 0) return lines;
  return [...lines, wordLine('refuted', folded.map(({ cause }) => cause).join(', '), 'refuted as well')];
}

function linesOf(verdict: Verdict): string[] {
  const { explains, share } = verdict;
  const part = explains > 0 ? `  explains ${count(explains, 'failed user')} (${percent(share)})` : '';
  return verdictLines(verdict, part, ({ source }) => `; ${source}`);
}

function fixLines({ fix }: VerdictDocument): string[] {
  if (fix === null) return [];
  if (fix.error !== undefined)
    return ['', `${styleText(['red', 'bold'], 'fix not shown')}  ${fix.change}: ${fix.error}`];
  const { asked, open, failed } = fix.users;
  const word = fix.verified
    ? styleText(['green', 'bold'], 'fix verified')
    : styleText(['red', 'bold'], 'fix failed');
  return ['', `${word}  ${fix.change}: ${asked} users asked, ${open} open, ${failed} failed`];
}
