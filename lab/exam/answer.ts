import type { Verdict } from '../causes/shared/verdict-types.ts';
import { CAUSES } from '../verdict/registry.ts';
import type { Question } from './questions.ts';

/** What was said of a run. */
export interface Answer {
  /** Confirmed causes, without those that are confirmed only by their sub-causes; by name. */
  named: string[];
  contributing: string[];
  /** Failed users, those that no cause explains, and the sum of all shares. */
  failed: number;
  unexplained: number;
  shares: number;
}

export interface Mark {
  /** `not made`: the requested failure did not happen, so it shows nothing about the verdict. */
  kind: 'right' | 'wrong' | 'not made';
  why?: string;
}

/** Draws the answer from the verdicts. */
export function answerOf(failed: number, verdicts: readonly Verdict[]): Answer {
  const said = (word: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === word);
  const formExplains = (id: string) => verdicts.some(({ under, explains }) => under === id && explains > 0);
  const names = (some: readonly Verdict[]) => some.map(({ cause }) => cause).sort();
  return {
    named: names(said('confirmed').filter(({ cause, explains }) => explains > 0 || !formExplains(cause))),
    contributing: names(said('contributing')),
    failed,
    unexplained: said('unknown').reduce((sum, { explains }) => sum + explains, 0),
    shares: verdicts.reduce((sum, { share }) => sum + share, 0),
  };
}

/** Right when exactly the causes at work are named and all failed users are attributed to them; for a healthy shape, when none is named. */
export function markOf(
  { truth, contributing }: Pick<Question, 'truth' | 'contributing'>,
  answer: Answer,
): Mark {
  if (truth.length > 0 && answer.failed === 0 && answer.named.length === 0)
    return { kind: 'not made', why: 'no user failed' };
  const why = truth.length === 0 ? unhealthy(contributing, answer) : mistaken(truth, answer);
  return why === undefined ? { kind: 'right' } : { kind: 'wrong', why };
}

function mistaken(truth: readonly string[], { named, unexplained, shares }: Answer): string | undefined {
  if (unexplained > 0) return `${unexplained} failed users are attributed to no cause`;
  const missing = truth.filter((id) => !named.includes(id));
  if (missing.length > 0) return `not confirmed: ${missing.join(', ')}`;
  const extra = named.filter((id) => !truth.includes(id));
  if (extra.length > 0) return `confirmed as well: ${extra.join(', ')}`;
  return Math.abs(shares - 1) > ROUNDING ? `the shares add up to ${shares}` : undefined;
}

function unhealthy(allowed: readonly string[], { named, contributing, failed }: Answer): string | undefined {
  if (failed > 0) return `${failed} users failed`;
  if (named.length > 0) return `confirmed: ${named.join(', ')}`;
  // A cause contributes when a sub-cause of it does.
  const forms = CAUSES.filter(({ id }) => allowed.includes(id));
  const extra = contributing.filter(
    (id) => !allowed.includes(id) && !forms.some(({ under }) => under === id),
  );
  return extra.length > 0 ? `contributing: ${extra.join(', ')}` : undefined;
}

const ROUNDING = 1e-9;

/** A row of the matrix: the causes at work; `healthy` where there was none. */
export function truthLabel({ truth }: Pick<Question, 'truth'>): string {
  return truth.join('+') || 'healthy';
}

/** A column of the matrix: the answer. It is the same text as `truthLabel` if and only if the answer is right. */
export function answerLabel(question: Pick<Question, 'truth'>, answer: Answer, { kind }: Mark): string {
  if (kind === 'right') return truthLabel(question);
  if (kind === 'not made') return kind;
  const { named, contributing, unexplained, failed } = answer;
  const said = [...named, ...(unexplained > 0 ? ['unknown'] : [])];
  if (said.length === 0 && failed === 0) said.push(...contributing.map((id) => `${id} (contributing)`));
  const label = said.join('+') || 'nothing';
  return label === truthLabel(question) ? `${label} (shares)` : label;
}
