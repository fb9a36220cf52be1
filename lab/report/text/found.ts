import { styleText } from 'node:util';
import { percent } from '../../../common/format.ts';
import { widthOf } from '../../../common/wrap.ts';
import type { Verdict } from '../../causes/shared/verdict-types.ts';
import { CAUSES } from '../../verdict/registry.ts';
import { labelled } from './labelled.ts';

/** What is told of a verdict here; `share` is absent where nobody counts the failures. */
export type Told = Pick<Verdict, 'cause' | 'under' | 'verdict' | 'explains'> & { share?: number | undefined };

/** How titles of causes are put for this server, and how wide a line may be. */
export interface Wording {
  inWords?: (text: string) => string;
  width?: number;
}

/** How the failures are called, and how many there were; absent: not counted. */
export interface Failures {
  noun: string;
  failed?: number;
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

/** The answer: each cause with what it means and its share, then what no cause accounts for. */
export function answerLines(
  verdicts: readonly Told[],
  failures: Failures,
  { inWords = (text) => text, width = widthOf() }: Wording = {},
): string[] {
  const unknown = verdicts.filter(({ verdict }) => verdict === 'unknown');
  const contributing = verdicts.filter(({ verdict }) => verdict === 'contributing');
  return [
    ...namedCauses(verdicts).flatMap((one) =>
      labelled('CAUSE', ['red', 'bold'], causeText(one, failures, inWords), width),
    ),
    ...unknown.flatMap(({ explains, share }) =>
      labelled(
        'UNKNOWN',
        ['magenta', 'bold'],
        `no cause accounts for ${shareText({ explains, share }, failures)}`,
        width,
      ),
    ),
    ...contributing.flatMap((one) =>
      labelled(
        'ALSO',
        ['yellow', 'bold'],
        `${named(one, inWords)}  (contributing: no failure is attributed to it alone)`,
        width,
      ),
    ),
  ];
}

function causeText(one: Told, failures: Failures, inWords: (text: string) => string): string {
  const of = one.explains > 0 ? `  ${shareText(one, failures)}` : '';
  return `${named(one, inWords)}${of}`;
}

function named({ cause, under }: Told, inWords: (text: string) => string): string {
  const title = CAUSES.find(({ id }) => id === cause)?.title;
  const wider = under === undefined ? '' : ` (part of ${under})`;
  return `${styleText('bold', cause)}${wider}${title === undefined ? '' : `: ${inWords(title)}`}`;
}

/** `427 of 427 failures (100 %)` */
function shareText(
  { explains, share }: Pick<Told, 'explains' | 'share'>,
  { noun, failed }: Failures,
): string {
  if (failed === undefined || share === undefined) return `${explains} ${noun}`;
  // The sign stays with its number.
  return `${explains} of ${failed} ${noun} (${percent(share).replace(' ', '\u00a0')})`;
}
