import { defined } from '../../common/defined.ts';
import type { EvidenceItem, Verdict, VerdictWord } from '../causes/shared/verdict-types.ts';
import type { Facts } from '../facts/facts.ts';
import type { Overrides } from '../settings/schema.ts';
import { answerLabel, type Mark, truthLabel } from './answer.ts';
import type { Answered, Fixed, Unput } from './ask.ts';
import type { Question } from './questions.ts';

/** How often each truth got each answer: `{truth: {answer: n}}`. */
type Matrix = Record<string, Record<string, number>>;

/** An answer that was not right, with what spoke for it and against the truth. */
export interface Mistake {
  question: string;
  seed: number;
  truth: string;
  answer: string;
  kind: Exclude<Mark['kind'], 'right'> | 'error';
  why: string;
  /** What was run, as far as it is not the default. */
  settings: Overrides;
  users: Facts['by'];
  evidence: (Pick<EvidenceItem, 'source' | 'name' | 'before' | 'after' | 'says'> & {
    cause: string;
    verdict: VerdictWord;
  })[];
}

/** What `exam --json` prints. */
export interface ExamDocument {
  schema: 1;
  seed: number;
  runtime: string;
  driver: string;
  complete: boolean;
  asked: number;
  right: number;
  wrong: number;
  /** Of the wrong ones, those in which the failure did not happen. */
  notMade: number;
  matrix: Matrix;
  mistakes: Mistake[];
  skipped: { id: string; why: string }[];
  fixes?: Fixed[];
  wallMs: number;
}

/** The document of an exam, from what was answered; fewer answers than were asked for make it incomplete. */
export function examDocument(
  head: Pick<ExamDocument, 'seed' | 'runtime' | 'driver' | 'asked' | 'skipped' | 'wallMs'>,
  answers: readonly (Answered | Unput)[],
  fixes: readonly Fixed[] | undefined,
): ExamDocument {
  const mistakes = answers.flatMap((one) => mistakeOf(one) ?? []);
  return {
    schema: 1,
    ...head,
    complete: answers.length === head.asked,
    right: answers.length - mistakes.length,
    wrong: mistakes.length,
    notMade: mistakes.filter(({ kind }) => kind === 'not made').length,
    matrix: matrixOf(answers.map((one) => ({ truth: truthLabel(one.question), answer: labelOf(one) }))),
    mistakes,
    ...defined({ fixes: fixes && [...fixes] }),
  };
}

/** What was wrong with an answer; undefined when it was right. */
export function mistakeOf(one: Answered | Unput): Mistake | undefined {
  const { question } = one;
  const base = {
    question: question.id,
    seed: question.settings.values.seed,
    truth: truthLabel(question),
    answer: labelOf(one),
    settings: question.asked,
  };
  if ('error' in one) return { ...base, kind: 'error', why: one.error, users: [], evidence: [] };
  const { kind, why = '' } = one.mark;
  if (kind === 'right') return undefined;
  return { ...base, kind, why, users: one.facts.by, evidence: telling(question, one.verdicts) };
}

function labelOf(one: Answered | Unput): string {
  return 'error' in one ? 'error' : answerLabel(one.question, one.answer, one.mark);
}

/** So many items of each cause that matters. */
const TOP = 3;

/** The first items for what was named, and against what is true: causes put the telling ones first. */
function telling({ truth }: Question, verdicts: readonly Verdict[]): Mistake['evidence'] {
  const matters = ({ cause, verdict }: Verdict) => verdict !== 'refuted' || truth.includes(cause);
  return verdicts.filter(matters).flatMap(({ cause, verdict, for: pro, against }) =>
    [...pro, ...against].slice(0, TOP).map(({ source, name, before, after, says }) => ({
      cause,
      verdict,
      source,
      name,
      before,
      after,
      says,
    })),
  );
}

/** Counts pairs of truth and answer; rows and columns by name. */
export function matrixOf(pairs: readonly { truth: string; answer: string }[]): Matrix {
  const matrix: Matrix = {};
  const sorted = [...pairs].sort((a, b) => compare(a.truth, b.truth) || compare(a.answer, b.answer));
  for (const { truth, answer } of sorted) {
    matrix[truth] ??= {};
    const row = matrix[truth];
    row[answer] = (row[answer] ?? 0) + 1;
  }
  return matrix;
}

/** Answers that are what is true. */
export function diagonal(matrix: Matrix): number {
  return Object.entries(matrix).reduce((sum, [truth, row]) => sum + (row[truth] ?? 0), 0);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
