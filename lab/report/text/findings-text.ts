import { styleText } from 'node:util';
import { nextLines } from '../../../common/next.ts';
import { widthOf } from '../../../common/wrap.ts';
import { allLines } from '../outcome-lines.ts';
import type { Findings, NumberRow } from './findings.ts';
import type { Answer } from './found.ts';
import { inBlocks, labelled, labelledRows } from './labelled.ts';
import { nextBut } from './next.ts';
import { ruledOutLines, undecidedLines } from './ruled-out.ts';
import { whyLines } from './why-lines.ts';

/** How much is told. */
export interface Telling {
  /** Every verdict with all its evidence. */
  verbose?: boolean;
  /** Characters a line may have; without: those of the terminal. */
  width?: number;
}

const STYLE = { bad: 'red', good: 'green', doubt: 'yellow', unknown: 'magenta' } as const;

/** Findings for a terminal; `last` are lines that stand below what comes next. */
export function findingsText(
  findings: Findings,
  { verbose = false, width = widthOf() }: Telling = {},
  last: readonly string[] = [],
): string {
  const { answers, numbers, verdicts, failures, why, ruledOut, undecided, unseen } = findings;
  const next = verbose ? nextBut(findings.next) : findings.next;
  const told = verbose
    ? [allLines(verdicts, failures)]
    : [
        ...why.map((one) => whyLines(one, width)),
        ruledOutLines(ruledOut, width),
        undecidedLines(undecided, width),
      ];
  return inBlocks([
    answers.flatMap((answer) => answerLines(answer, width)),
    labelledRows(numbers.flatMap(inRows), width),
    ...told,
    unseen.flatMap((what) => labelled('not seen', 'yellow', what, width)),
    missing(findings).map((line) => styleText('yellow', line)),
    [...nextLines(next), ...last],
  ]);
}

function missing({ incomplete, lost }: Findings): readonly string[] {
  return lost ?? (incomplete === undefined ? [] : [`Incomplete: ${incomplete}`]);
}

/** One line of the answer, in as many lines as the width takes. */
export function answerLines(answer: Answer, width: number): string[] {
  const { label, tone, cause, under, says, figure, by } = answer;
  const name = cause === undefined ? '' : styleText('bold', cause);
  const wider = under === undefined ? '' : ` (part of ${under})`;
  const what = [`${name}${wider}`, says].filter(Boolean).join(': ');
  const proof = [figure, by].filter(Boolean).join(': ');
  return labelled(label, [STYLE[tone], 'bold'], [what, proof].filter(Boolean).join('  '), width);
}

function inRows([label, ...texts]: NumberRow): [string, string][] {
  return texts.map((text, index) => [index === 0 ? label : '', text]);
}
