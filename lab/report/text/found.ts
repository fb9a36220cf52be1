import { percent } from '../../../common/format.ts';
import type { Verdict } from '../../causes/shared/verdict-types.ts';
import { type InWords, titleOf } from './told-verdict.ts';

/** What is told of a verdict here; `share` is absent where nobody counts the failures. */
export type Told = Pick<Verdict, 'cause' | 'under' | 'verdict' | 'explains'> & { share?: number | undefined };

/** How the failures are called, and how many there were; absent: not counted. */
export interface Failures {
  noun: string;
  failed?: number;
}

/** The labels of an answer where they are words of a page. */
export const ANSWER_TITLES = { CAUSE: 'Cause', UNKNOWN: 'Unknown', ALSO: 'Also', FIX: 'Fix' } as const;

/** One line of the answer. */
export interface Answer {
  label: keyof typeof ANSWER_TITLES;
  tone: 'bad' | 'good' | 'doubt' | 'unknown';
  /** What is named; absent where there is nothing to name. */
  cause?: string;
  /** The wider cause of which it is a form. */
  under?: string;
  /** What the cause means, the change that is the fix, or how far it can be said that there is no cause. */
  says?: string;
  /** The share of the failures, or whether the fix was proven. */
  figure?: string;
  /** How that was found. */
  by?: string;
}

/**
 * The confirmed causes, the largest share first. One that holds only by a narrower one of its own is left out: the narrower one says more.
 */
export function namedCauses<T extends Told>(verdicts: readonly T[]): T[] {
  const confirmed = verdicts.filter(({ verdict }) => verdict === 'confirmed');
  return confirmed
    .filter(({ cause, explains }) => explains > 0 || !confirmed.some(({ under }) => under === cause))
    .sort((a, b) => b.explains - a.explains);
}

/** The answer: each cause with what it means and its share, then what no cause accounts for; empty: nothing was found. */
export function answersOf(
  verdicts: readonly Told[],
  failures: Failures,
  inWords: InWords = (text) => text,
): Answer[] {
  const those = (word: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === word);
  return [
    ...namedCauses(verdicts).map(
      (one): Answer => ({
        label: 'CAUSE',
        tone: 'bad',
        ...named(one, inWords),
        ...(one.explains > 0 && { figure: shareOf(one, failures) }),
      }),
    ),
    ...those('unknown').map(
      (one): Answer => ({
        label: 'UNKNOWN',
        tone: 'unknown',
        says: `no cause accounts for ${shareOf(one, failures)}`,
      }),
    ),
    ...those('contributing').map(
      (one): Answer => ({
        label: 'ALSO',
        tone: 'doubt',
        ...named(one, inWords),
        figure: 'contributing',
        by: 'no failure is attributed to it alone',
      }),
    ),
  ];
}

function named({ cause, under }: Told, inWords: InWords): Pick<Answer, 'cause' | 'under' | 'says'> {
  const title = titleOf(cause, inWords);
  return { cause, ...(under !== undefined && { under }), ...(title !== undefined && { says: title }) };
}

/** `427 of 427 failures (100 %)` */
export function shareOf(
  { explains, share }: Pick<Told, 'explains' | 'share'>,
  { noun, failed }: Failures,
): string {
  if (failed === undefined || share === undefined) return `${explains} ${noun}`;
  // The sign stays with its number.
  return `${explains} of ${failed} ${noun} (${percent(share).replace(' ', '\u00a0')})`;
}
