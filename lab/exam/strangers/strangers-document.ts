import { matrixOf } from '../exam-document.ts';
import type { StrangerAnswer } from './ask-stranger.ts';
import type { Kind } from './stranger-mark.ts';
import { nameOf } from './stranger-questions.ts';

/** What became of a rule: how often it was true, what was said then, and how often it was named where it was not true. */
export interface RuleTally {
  /** Diagnoses in which it was the truth. */
  tried: number;
  right: number;
  unknown: number;
  silent: number;
  /** Named where it was not true, */
  wrong: number;
  /** of so many diagnoses, all that counted. */
  trials: number;
}

/** An answer that was not right. */
export interface StrangerMistake {
  question: string;
  who: string;
  kind: Exclude<Kind, 'right'>;
  truth: string[];
  said: string[];
  why: string;
  /** What the users met. */
  met: unknown;
  seen: string[];
  counted: Record<string, number | null> | null;
  /** The first that was said for what was named, and against what is true. */
  evidence: string[];
}

/** What `exam --strangers --json` prints. */
export interface StrangersDocument {
  schema: 1;
  strangers: true;
  seed: number;
  complete: boolean;
  /** Diagnoses; `void` ones count as neither right nor wrong. */
  asked: number;
  right: number;
  /** Of `right`: named as `contributing`, where only the users know whether they minded. */
  contributing: number;
  wrong: number;
  unknown: number;
  silent: number;
  void: number;
  errors: number;
  matrix: Record<string, Record<string, number>>;
  rules: Record<string, RuleTally>;
  programs: Record<string, { language: string } & Record<Kind, number>>;
  mistakes: StrangerMistake[];
  skipped: { id: string; why: string }[];
  wallMs: number;
}

type Head = Pick<StrangersDocument, 'seed' | 'asked' | 'skipped' | 'wallMs'>;

/** The document of an exam of strangers, from what was answered. */
export function strangersDocument(head: Head, answers: readonly StrangerAnswer[]): StrangersDocument {
  const kinds = (kind: Kind) => answers.filter(({ mark }) => mark.kind === kind).length;
  const counting = answers.filter(({ mark }) => mark.kind !== 'void' && mark.kind !== 'error');
  return {
    schema: 1,
    strangers: true,
    seed: head.seed,
    complete: answers.length === head.asked,
    asked: head.asked,
    right: kinds('right'),
    contributing: answers.filter(({ mark }) => mark.contributing).length,
    wrong: kinds('wrong'),
    unknown: kinds('unknown'),
    silent: kinds('silent'),
    void: kinds('void'),
    errors: kinds('error'),
    matrix: matrixOf(counting.map((one) => ({ truth: truthOf(one), answer: saidOf(one) }))),
    rules: rulesOf(counting),
    programs: programsOf(answers),
    mistakes: answers.flatMap((one) => mistakeOf(one) ?? []),
    skipped: head.skipped,
    wallMs: head.wallMs,
  };
}

const truthOf = ({ question }: StrangerAnswer) => question.situation.truth.join(' or ') || 'healthy';

/** The same text as the truth if and only if it is right. */
function saidOf(one: StrangerAnswer): string {
  const { kind, named } = one.mark;
  if (kind === 'right') return truthOf(one);
  return kind === 'wrong' ? named.join('+') : kind;
}

function rulesOf(answers: readonly StrangerAnswer[]): Record<string, RuleTally> {
  const rules: Record<string, RuleTally> = {};
  const of = (id: string) => {
    rules[id] ??= { tried: 0, right: 0, unknown: 0, silent: 0, wrong: 0, trials: answers.length };
    return rules[id];
  };
  for (const { question, mark } of answers) {
    const { truth } = question.situation;
    // Of several names that are true the one that was said was tried, else the first.
    const tried = truth.find((id) => mark.named.includes(id)) ?? truth[0];
    if (tried !== undefined) {
      const rule = of(tried);
      rule.tried += 1;
      if (mark.named.includes(tried)) rule.right += 1;
      else if (mark.kind === 'unknown') rule.unknown += 1;
      else rule.silent += 1;
    }
    if (mark.kind !== 'wrong') continue;
    const symptoms = question.situation.symptoms ?? [];
    for (const id of mark.named) if (!truth.includes(id) && !symptoms.includes(id)) of(id).wrong += 1;
  }
  return Object.fromEntries(Object.entries(rules).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function programsOf(answers: readonly StrangerAnswer[]): StrangersDocument['programs'] {
  const programs: StrangersDocument['programs'] = {};
  for (const { question, mark } of answers) {
    const { name, language } = question.program;
    programs[name] ??= { language, right: 0, wrong: 0, unknown: 0, silent: 0, void: 0, error: 0 };
    programs[name][mark.kind] += 1;
  }
  return Object.fromEntries(Object.entries(programs).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** So many items of each cause that matters. */
const TOP = 3;

function mistakeOf({ question, who, mark, met, said }: StrangerAnswer): StrangerMistake | undefined {
  const { kind, named, why = '' } = mark;
  if (kind === 'right') return undefined;
  const { truth } = question.situation;
  const matters = (said?.verdicts ?? []).filter(
    ({ cause, verdict }) =>
      ['confirmed', 'contributing', 'unknown'].includes(verdict) || truth.includes(cause),
  );
  return {
    question: nameOf(question),
    who,
    kind,
    truth: [...truth],
    said: named,
    why,
    met,
    seen: said?.seen ?? [],
    counted: said?.counted ?? null,
    evidence: matters.flatMap(({ cause, verdict, explains, for: pro, against }) =>
      [...pro, ...against].slice(0, TOP).map(({ says }) => `${verdict} ${cause} (${explains}): ${says}`),
    ),
  };
}
