import { count, percent } from '../../../common/format.ts';
import type { EvidenceItem, Verdict, VerdictWord } from '../../causes/shared/verdict-types.ts';
import { CAUSES } from '../../verdict/registry.ts';
import { isFolded, sentenceOf } from '../outcome-lines.ts';
import { type Html, html } from './tagged-html.ts';

/** What was found first, what was ruled out last. */
const ORDER: VerdictWord[] = ['confirmed', 'unknown', 'contributing', 'insufficient-data', 'refuted'];

/** A sign beside the word and the colour, so that none of them is needed. */
const SIGN: Record<VerdictWord, string> = {
  confirmed: '●',
  unknown: '?',
  contributing: '◐',
  'insufficient-data': '◌',
  refuted: '○',
};

/** An item, with the command that shows the same where there is one. */
type ShownItem = EvidenceItem & { byHand?: string };
type ShownVerdict = Omit<Verdict<ShownItem>, 'share'> & { share?: number };

/** How verdicts are told. */
export interface Telling {
  /** What a cause explains, one of them; null: each cause has its own. */
  noun: string | null;
  /** What the causes call the gateway. */
  server: string;
  /** What the evidence does not reach is folded up as well, all of it together. */
  foldUndecided: boolean;
}

/** Every cause with the evidence for and against it; what was refuted is folded up, beyond the suspects all of it together. */
export function verdictSection(
  verdicts: readonly ShownVerdict[],
  telling: Telling = { noun: 'failed user', server: 'the gateway', foldUndecided: false },
): Html {
  const sorted = [...verdicts].sort(
    (a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || b.explains - a.explains,
  );
  const undecided = sorted.filter(({ verdict }) => telling.foldUndecided && verdict === 'insufficient-data');
  const others = sorted.filter(isFolded);
  const shown = sorted.filter((verdict) => ![...undecided, ...others].includes(verdict));
  return html`<section>
<h2>Verdict</h2>
${sorted.length === 0 ? html`<p>Nothing was judged.</p>` : shown.map((one) => suspect(one, telling))}
${together('insufficient-data', undecided, 'cause', telling)}
${together('refuted', others, 'other cause', telling)}
</section>`;
}

function together(
  word: VerdictWord,
  verdicts: readonly ShownVerdict[],
  noun: string,
  telling: Telling,
): Html | null {
  if (verdicts.length === 0) return null;
  return html`<details class="verdict ${word}"><summary><span class="word"><span aria-hidden="true">${SIGN[word]}</span> ${word}</span> <span class="says">${count(verdicts.length, noun)}: ${verdicts.map(({ cause }) => cause).join(', ')}</span></summary>
${verdicts.map((one) => suspect(one, telling))}
</details>`;
}

function suspect(
  { cause, verdict, explains, share: part, for: pro, against }: ShownVerdict,
  { noun, server }: Telling,
): Html {
  const title = CAUSES.find(({ id }) => id === cause)?.title.replaceAll('the gateway', server);
  const of = part === undefined ? '' : ` (${percent(part)})`;
  const share = explains > 0 ? `explains ${noun === null ? explains : count(explains, noun)}${of}` : '';
  const says = verdict === 'refuted' ? (against[0]?.says ?? '') : (title ?? '');
  return html`<details class="verdict ${verdict}" ${verdict === 'refuted' ? null : html`open`}>
<summary><span class="word"><span aria-hidden="true">${SIGN[verdict]}</span> ${verdict}</span> <b>${cause}</b> <span class="says">${[share, says].filter(Boolean).join('; ')}</span></summary>
${evidence('For', '+', pro)}
${evidence('Against', '−', against)}
</details>`;
}

function evidence(title: string, sign: string, items: readonly ShownItem[]): Html | null {
  if (items.length === 0) return null;
  return html`<h4>${title}</h4>
<ul class="evidence">${items.map(
    (item) => html`<li><span class="sign" aria-hidden="true">${sign}</span><div>${sentenceOf(item)}
<small class="${item.source === 'law' ? 'predicted' : ''}">${change(item)} <cite>${item.source === 'law' ? 'predicted by law' : item.source}</cite></small>${item.byHand && html`\n<small>by hand: <code>${item.byHand}</code></small>`}</div></li>`,
  )}</ul>`;
}

function change({ name, before, after, limit }: EvidenceItem): string {
  const moved = before === null || before === after ? `${after ?? '?'}` : `${before} → ${after ?? '?'}`;
  return `${name}: ${moved}${limit === undefined ? '' : ` of ${limit}`}`;
}
