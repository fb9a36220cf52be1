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

/** Every cause with the evidence for and against it; what was refuted is folded up, beyond the suspects all of it together. */
export function verdictSection(verdicts: readonly Verdict[]): Html {
  const sorted = [...verdicts].sort(
    (a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict) || b.explains - a.explains,
  );
  const others = sorted.filter(isFolded);
  return html`<section>
<h2>Verdict</h2>
${sorted.length === 0 ? html`<p>Nothing was judged.</p>` : sorted.filter((verdict) => !others.includes(verdict)).map(suspect)}
${
  others.length === 0
    ? null
    : html`<details class="verdict refuted"><summary><span class="word"><span aria-hidden="true">${SIGN.refuted}</span> refuted</span> <span class="says">${count(others.length, 'other cause')}: ${others.map(({ cause }) => cause).join(', ')}</span></summary>
${others.map(suspect)}
</details>`
}
</section>`;
}

function suspect({ cause, verdict, explains, share: part, for: pro, against }: Verdict): Html {
  const title = CAUSES.find(({ id }) => id === cause)?.title;
  const share = explains > 0 ? `explains ${count(explains, 'failed user')} (${percent(part)})` : '';
  const says = verdict === 'refuted' ? (against[0]?.says ?? '') : (title ?? '');
  return html`<details class="verdict ${verdict}" ${verdict === 'refuted' ? null : html`open`}>
<summary><span class="word"><span aria-hidden="true">${SIGN[verdict]}</span> ${verdict}</span> <b>${cause}</b> <span class="says">${[share, says].filter(Boolean).join('; ')}</span></summary>
${evidence('For', '+', pro)}
${evidence('Against', '−', against)}
</details>`;
}

function evidence(title: string, sign: string, items: readonly EvidenceItem[]): Html | null {
  if (items.length === 0) return null;
  return html`<h4>${title}</h4>
<ul class="evidence">${items.map(
    (item) => html`<li><span class="sign" aria-hidden="true">${sign}</span><div>${sentenceOf(item)}
<small class="${item.source === 'law' ? 'predicted' : ''}">${change(item)} <cite>${item.source === 'law' ? 'predicted by law' : item.source}</cite></small></div></li>`,
  )}</ul>`;
}

function change({ name, before, after, limit }: EvidenceItem): string {
  const moved = before === null || before === after ? `${after ?? '?'}` : `${before} → ${after ?? '?'}`;
  return `${name}: ${moved}${limit === undefined ? '' : ` of ${limit}`}`;
}
