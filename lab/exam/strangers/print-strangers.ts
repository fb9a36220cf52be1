import { styleText } from 'node:util';
import { duration, percent } from '../../../common/format.ts';
import { nextLines } from '../../../common/next.ts';
import { columns } from '../../../common/table.ts';
import { nextAfterStrangers } from './after-strangers.ts';
import type { StrangerAnswer } from './ask-stranger.ts';
import { nameOf } from './stranger-questions.ts';
import type { StrangerMistake, StrangersDocument } from './strangers-document.ts';

/** One line for each answer, for stderr. */
export function strangerLine(
  { question, who, mark, wallMs }: StrangerAnswer,
  number: number,
  asked: number,
): string {
  const { kind, named, why } = mark;
  const said =
    kind === 'right'
      ? `right: ${named.join(' + ') || 'nothing confirmed'}${mark.contributing ? ' (contributing)' : ''}`
      : `${kind.toUpperCase()}: ${why}`;
  const truth = question.situation.truth.join(' or ') || 'healthy';
  return `exam: ${number} of ${asked}: ${said}  (${nameOf(question)}, by ${who}; truth: ${truth}; ${duration(wallMs)})`;
}

/** The result as a person reads it. */
export function strangersReport(document: StrangersDocument): string {
  const { seed, right, contributing, wrong, unknown, silent, asked, errors, complete, skipped, wallMs } =
    document;
  const counted = right + wrong + unknown + silent;
  const open = counted === 0 ? '' : ` (${percent((unknown + silent) / counted)} left open)`;
  return `${[
    '',
    `${styleText('bold', `${right} right, ${wrong} wrong, ${unknown} unknown, ${silent} silent of ${counted}`)}${open}  (seed ${seed}, ${duration(wallMs)})`,
    ...(contributing > 0
      ? [`${contributing} of the right ones as contributing: only users know whether they failed`]
      : []),
    ...(document.void > 0
      ? [`${document.void} of ${asked} did not happen as planned, and do not count`]
      : []),
    ...(errors > 0 ? [styleText('red', `${errors} ended without a diagnosis`)] : []),
    '',
    ...matrixLines(document),
    '',
    ...ruleLines(document),
    '',
    ...programLines(document),
    ...document.mistakes.filter(({ kind }) => kind !== 'void').flatMap((one) => ['', strangerMistake(one)]),
    ...(document.void > 0
      ? [
          '',
          ...document.mistakes
            .filter(({ kind }) => kind === 'void')
            .map((one) => `void: ${one.question}, by ${one.who}: ${one.why}`),
        ]
      : []),
    ...(skipped.length > 0 ? ['', ...skipped.map(({ id, why }) => `left out: ${id}: ${why}`)] : []),
    ...(complete ? [] : ['', styleText('yellow', 'Incomplete: the exam was interrupted.')]),
    ...nextLines(nextAfterStrangers(document)).flatMap((line) => ['', line]),
  ].join('\n')}\n`;
}

function matrixLines({ matrix }: StrangersDocument): string[] {
  const rows = Object.entries(matrix).map(([truth, answers]) => {
    const asked = Object.values(answers).reduce((sum, times) => sum + times, 0);
    const said = Object.entries(answers).map(([answer, times]) =>
      answer === truth
        ? styleText('green', `right ${times} of ${asked}`)
        : styleText('red', `${answer} ${times}`),
    );
    return [`  ${truth}`, said.join(', ')];
  });
  return columns(rows);
}

function ruleLines({ rules }: StrangersDocument): string[] {
  const rows = Object.entries(rules).map(([id, { tried, right, unknown, silent, wrong, trials }]) => [
    `  ${id}`,
    `right ${right} of ${tried}`,
    `unknown ${unknown}`,
    `silent ${silent}`,
    `wrong ${wrong} of ${trials}`,
  ]);
  return ['each rule, by how often its cause was true:', ...columns(rows)];
}

function programLines({ programs }: StrangersDocument): string[] {
  const rows = Object.entries(programs).map(([name, { language, ...kinds }]) => [
    `  ${name}`,
    language,
    Object.entries(kinds)
      .filter(([, times]) => times > 0)
      .map(([kind, times]) => `${times} ${kind}`)
      .join(', '),
  ]);
  return ['each program:', ...columns(rows)];
}

/** An answer that was not right, with what the diagnosis said. */
export function strangerMistake({
  question,
  who,
  kind,
  truth,
  said,
  why,
  met,
  seen,
  evidence,
}: StrangerMistake): string {
  return [
    `${styleText(['red', 'bold'], kind)}  ${question}, by ${who}: truth ${truth.join(' or ') || 'healthy'}, answer ${said.join(' + ') || 'nothing'}: ${why}`,
    `  users: ${JSON.stringify(met)}`,
    ...seen.map((line) => `  seen: ${line}`),
    ...evidence.map((line) => `  ${line}`),
  ].join('\n');
}
