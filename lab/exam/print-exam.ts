import { styleText } from 'node:util';
import { count, duration } from '../../common/format.ts';
import { nextLines } from '../../common/next.ts';
import { columns } from '../../common/table.ts';
import { wayOf } from '../facts/user-groups.ts';
import { nextAfterExam } from './after-exam.ts';
import type { Answered, Fixed, Unput } from './ask.ts';
import { diagonal, type ExamDocument, type Mistake } from './exam-document.ts';

/** One line for each answer, for stderr. */
export function answerLine(one: Answered | Unput, number: number, asked: number): string {
  const { question, wallMs } = one;
  const said = 'error' in one ? `error: ${one.error}` : saidOf(one);
  return `exam: ${number} of ${asked}: ${said}  (${question.id}, seed ${question.settings.values.seed}, ${duration(wallMs)})`;
}

function saidOf({ mark, answer, facts }: Answered): string {
  const named = answer.named.join(' + ') || 'nothing confirmed';
  const users = `${facts.failed.length} of ${facts.asked} failed`;
  return mark.kind === 'right'
    ? `right: ${named}, ${users}`
    : `${mark.kind.toUpperCase()}: ${mark.why}, ${users}`;
}

/** One line for each fix, for stderr. */
export function fixLine({ cause, change, verified, failed }: Fixed): string {
  if (change === null) return `exam: ${cause}: the lab has no fix for it`;
  return `exam: ${cause}: fix ${verified ? 'verified' : `FAILED, ${count(failed, 'user')} failed`}: ${change}`;
}

/** The result as a person reads it. */
export function examReport(document: ExamDocument): string {
  const { seed, runtime, right, wrong, asked, complete, mistakes, skipped, fixes, wallMs } = document;
  const lines = [
    '',
    `${styleText('bold', `${right} right, ${wrong} wrong of ${asked}`)}  (runtime ${runtime}, seed ${seed}, ${duration(wallMs)})`,
    '',
    ...matrixLines(document),
    ...mistakes.flatMap((mistake) => ['', mistakeText(mistake)]),
    ...(fixes ? ['', ...fixesLines(fixes)] : []),
    ...(skipped.length > 0 ? ['', ...skipped.map(({ id, why }) => `left out: ${id}: ${why}`)] : []),
    ...(complete ? [] : ['', styleText('yellow', 'Incomplete: the exam was interrupted.')]),
    ...nextLines(nextAfterExam(document)).flatMap((line) => ['', line]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Only numbers above 0. Rows are the truth, columns the answers. */
function matrixLines({ matrix }: ExamDocument): string[] {
  const rows = Object.entries(matrix).map(([truth, answers]) => {
    const asked = Object.values(answers).reduce((sum, times) => sum + times, 0);
    const said = Object.entries(answers).map(([answer, times]) =>
      answer === truth
        ? styleText('green', `right ${times} of ${asked}`)
        : styleText('red', `${answer} ${times}`),
    );
    return [`  ${truth}`, said.join(', ')];
  });
  return [...columns(rows), `  right in total: ${diagonal(matrix)}`];
}

/** A mistake with its evidence, as a person reads it. */
export function mistakeText({
  truth,
  answer,
  kind,
  why,
  question,
  seed,
  settings,
  users,
  evidence,
}: Mistake): string {
  const set = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  const groups = users.map((group) => `${group.count} × ${wayOf(group)}`);
  return [
    `${styleText(['red', 'bold'], kind)}  ${question} (seed ${seed}): truth ${truth}, answer ${answer}: ${why}`,
    `  ${set.join(' ')}`,
    ...(groups.length > 0 ? [`  ${groups.join(', ')}`] : []),
    ...evidence.map(
      ({ cause, verdict, name, before, after, source, says }) =>
        `  ${verdict} ${cause}: ${says}  ${styleText('dim', `[${name}: ${before === null ? '' : `${before} → `}${after ?? '?'}; ${source}]`)}`,
    ),
  ].join('\n');
}

function fixesLines(fixes: readonly Fixed[]): string[] {
  const tried = fixes.filter(({ change }) => change !== null);
  const verified = tried.filter((fix) => fix.verified);
  const without = fixes.filter(({ change }) => change === null).map(({ cause }) => cause);
  return [
    `fixes: ${verified.length} of ${tried.length} verified${without.length > 0 ? `; no fix: ${without.join(', ')}` : ''}`,
    ...tried.filter((fix) => !fix.verified).map((fix) => `  ${fixLine(fix)}`),
  ];
}
