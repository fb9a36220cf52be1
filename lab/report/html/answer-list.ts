import { type Next, nextWords } from '../../../common/next.ts';
import { ANSWER_TITLES, type Answer } from '../text/found.ts';
import { nextBut } from '../text/next.ts';
import { type Html, html } from './tagged-html.ts';

/** The answer, a line each: the causes with their share, what no cause accounts for, and whether the fix was proven. */
export function answerList(answers: readonly Answer[]): Html {
  return html`<dl class="answer">
${answers.map((answer) => html`<div class="${answer.tone}"><dt>${ANSWER_TITLES[answer.label]}</dt><dd>${wordsOf(answer)}</dd></div>\n`)}</dl>`;
}

function wordsOf({ label, tone, cause, under, says, figure, by }: Answer): Html {
  const sign = label !== 'FIX' ? '' : tone === 'good' ? '✓ ' : '✗ ';
  return html`${cause && html`<b>${cause}</b>`}${under && ` (part of ${under})`}${cause && says && ': '}${says}${figure && html` <b class="figure">${sign}${figure}</b>`}${by && `: ${by}`}`;
}

/** What helps most now, below what it follows from; null: nothing does, or it is on this page. */
export function nextLine(next: Next | undefined): Html | null {
  const shown = nextBut(next);
  if (shown === undefined) return null;
  const { lead, take, gives } = nextWords(shown);
  return html`<section>
<h2>Next</h2>
<p>${lead}<code>${take}</code> ${gives}</p>
</section>`;
}
