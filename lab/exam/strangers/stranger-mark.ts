import { CAUSES } from '../../verdict/registry.ts';
import type { Situation } from './program.ts';

/** Of what `diagnose --json` prints, what is marked. */
export interface Said {
  complete: boolean;
  users: { asked: number; failed: number; by: { outcome: string; stage: string; count: number }[] } | null;
  seen: string[];
  counted: Record<string, number | null>;
  verdicts: SaidVerdict[];
}

export interface SaidVerdict {
  cause: string;
  under?: string;
  verdict: string;
  explains: number;
  for: { says: string }[];
  against: { says: string }[];
}

/**
 * `wrong`: a name that is not true. `unknown`: it says that something failed which it cannot name. `silent`: users failed, and nothing is
 * named, or only a symptom. `void`: the situation did not come about, so nothing was asked. `error`: no diagnosis was made.
 */
export type Kind = 'right' | 'wrong' | 'unknown' | 'silent' | 'void' | 'error';

export interface StrangerMark {
  kind: Kind;
  /** Confirmed, without what is confirmed by its forms alone; by name. */
  named: string[];
  /** What is true was said to be `contributing`, and that is all that can be known of it. */
  contributing?: true;
  why?: string;
}

/** Marks what was said of a situation that came about. */
export function markStranger(
  { truth, symptoms = [], minded }: Pick<Situation, 'truth' | 'symptoms' | 'minded'>,
  said: Said,
): StrangerMark {
  const named = namedBy(said.verdicts);
  const unknown = said.verdicts.some(({ verdict }) => verdict === 'unknown');
  // A form of what is true says the same, and more; what a truth is a form of says the same, and less.
  const parents = CAUSES.filter(({ id }) => truth.includes(id)).map(({ under }) => under);
  const isTrue = (id: string) => truth.includes(id) || parents.includes(id);
  const isFalse = (id: string) => !isTrue(id) && !symptoms.includes(id);
  const wrong = named.filter(isFalse);
  if (wrong.length > 0) return { kind: 'wrong', named, why: `confirmed: ${wrong.join(', ')}` };
  if (truth.length === 0)
    return unknown
      ? { kind: 'unknown', named, why: 'no user failed, but the diagnosis says unknown' }
      : { kind: 'right', named };
  if (named.some((id) => truth.includes(id))) return { kind: 'right', named };
  const contributing = minded ? said.verdicts.filter(({ verdict }) => verdict === 'contributing') : [];
  const half = contributing.map(({ cause }) => cause).filter((id) => truth.includes(id));
  if (half.length > 0 && !unknown) return { kind: 'right', named: [...named, ...half], contributing: true };
  if (unknown) return { kind: 'unknown', named, why: `not named: ${truth.join(' or ')}` };
  const what = named.length === 0 ? 'nothing is named' : `only a symptom: ${named.join(', ')}`;
  return { kind: 'silent', named, why: what };
}

function namedBy(verdicts: readonly SaidVerdict[]): string[] {
  const confirmed = verdicts.filter(({ verdict }) => verdict === 'confirmed');
  const formed = (id: string) => confirmed.some(({ under }) => under === id);
  return confirmed
    .filter(({ cause }) => !formed(cause))
    .map(({ cause }) => cause)
    .sort();
}
