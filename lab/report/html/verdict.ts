import { count } from '../../../common/format.ts';
import type { VerdictWord } from '../../causes/shared/verdict-types.ts';
import { isFolded, WORDS } from '../outcome-lines.ts';
import type { Findings } from '../text/findings.ts';
import { type Failures, shareOf } from '../text/found.ts';
import type { ToldItem, ToldVerdict } from '../text/told-verdict.ts';
import { figuresOf, sideOf, usedColumns, WHY_HEADS } from '../text/why.ts';
import { table } from './section-parts.ts';
import { type Html, html, type Part } from './tagged-html.ts';

/** A sign beside the word and the colour, so that none of them is needed. */
const SIGN: Record<VerdictWord, string> = {
  confirmed: '●',
  unknown: '?',
  contributing: '◐',
  'insufficient-data': '◌',
  refuted: '○',
};

/** Why, what was ruled out, and what could not be decided: every cause with all its evidence, folded up where it is not the answer. */
export function verdictSections({ verdicts, failures }: Findings): Html {
  const those = (...words: VerdictWord[]) => verdicts.filter(({ verdict }) => words.includes(verdict));
  const found = those('confirmed', 'unknown', 'contributing');
  const refuted = those('refuted');
  const others = refuted.filter(isFolded);
  const suspects = refuted.filter((one) => !others.includes(one));
  const told = (all: readonly ToldVerdict[]) => all.map((one) => verdictOf(one, failures));
  return html`${verdicts.length === 0 ? section('Why', [html`<p>Nothing was judged.</p>`]) : null}
${section('Why', told(found))}
${section('Ruled out', [...told(suspects), together(others, suspects.length > 0 ? 'other cause' : 'cause', failures)])}
${section('Not enough data', [together(those('insufficient-data'), 'cause', failures)])}`;
}

function section(title: string, parts: readonly (Html | null)[]): Html | null {
  if (parts.every((part) => part === null)) return null;
  return html`<section>
<h2>${title}</h2>
${parts}
</section>`;
}

function together(verdicts: readonly ToldVerdict[], noun: string, failures: Failures): Html | null {
  const [first] = verdicts;
  if (first === undefined) return null;
  const names = verdicts.map(({ cause }) => cause).join(', ');
  return html`<details class="verdict ${first.verdict}"><summary>${wordOf(first)} <span class="says">${count(verdicts.length, noun)}: ${names}</span></summary>
${verdicts.map((one) => verdictOf(one, failures))}
</details>`;
}

function verdictOf(told: ToldVerdict, failures: Failures): Html {
  const { cause, under, verdict, explains, title, for: pro, against } = told;
  const folded = verdict === 'refuted' || verdict === 'insufficient-data';
  const says = verdict === 'refuted' ? against[0]?.says : title;
  const share = explains > 0 && shareOf(told, failures);
  return html`<details class="verdict ${verdict}" ${folded ? null : html`open`}>
<summary>${wordOf(told)} ${cause === verdict ? null : html`<b>${cause}</b>`}${under && ` (part of ${under})`} <span class="says">${[share, says].filter(Boolean).join('; ')}</span></summary>
${evidence(`Evidence for ${cause}`, 'evidence', pro)}
${evidence(`Evidence against ${cause}`, 'evidence against it', against)}
</details>`;
}

function wordOf({ verdict }: ToldVerdict): Html {
  return html`<span class="word"><span aria-hidden="true">${SIGN[verdict]}</span> ${WORDS[verdict]}</span>`;
}

function evidence(label: string, title: string, items: readonly ToldItem[]): Html | null {
  if (items.length === 0) return null;
  const rows = items.map(figuresOf);
  const used = usedColumns(rows);
  const heads = WHY_HEADS.flatMap((head, column) =>
    used[column] ? [{ title: head, number: sideOf(head) === 'right' }] : [],
  );
  return table(
    label,
    [{ title, sentences: true }, ...heads],
    items.map((item, index) => [
      sentence(item),
      ...(rows[index] ?? [])
        .map((text, column) => cell(item, text, column))
        .filter((_, column) => used[column]),
    ]),
  );
}

function sentence({ says, otherwise, name, byHand }: ToldItem): Part {
  return html`${says} <small>${name}${otherwise && `; otherwise: ${otherwise}`}</small>${byHand && html`\n<small>by hand: <code>${byHand}</code></small>`}`;
}

/** What a law gave never looks like what was measured. */
function cell({ source }: ToldItem, text: string, column: number): Part {
  const what = WHY_HEADS[column] === 'source' ? html`<small>${text}</small>` : text;
  return source === 'law' && text !== '' ? html`<i class="predicted">${what}</i>` : what;
}
