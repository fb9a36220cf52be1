import { shortened } from '../../../common/wrap.ts';
import type { ClimbDocument } from '../../climb/climb-document.ts';
import { NO_WALL, NOT_MOVED } from '../climb-text.ts';
import { axisOf, spaced } from '../data/ladder-scale.ts';
import { type Html, html } from './tagged-html.ts';

/** In units of the picture, which are CSS px on a wide screen. */
const WIDTH = 700;
const [TOP, BOTTOM] = [34, 22];
/** The rails, and where words begin. */
const [LEFT, RIGHT, WORDS] = [76, 216, 262];
/** Two lines of words and the ground below them. */
const ROW = 40;
const LEAST_HEIGHT = 340;
/** Characters of a line of words. */
const MOST_CHARACTERS = 62;

/** The walls of a climb as rungs of a ladder, by users on a log scale: it needs no script, and has its words for whoever does not see it. */
export function ladderPicture(document: ClimbDocument): Html {
  const { steps, reached, to } = document;
  const height = Math.max(LEAST_HEIGHT, (steps.length + 2) * ROW + TOP + BOTTOM);
  const goals = [
    ...(reached > 0 ? [{ users: reached, kind: 'reached' }] : []),
    ...(reached < to ? [{ users: to, kind: 'target' }] : []),
  ];
  const numbers = steps.flatMap(({ measured, predicted }) => [measured, predicted ?? measured]);
  const { place, ticks } = axisOf([...numbers, ...goals.map(({ users }) => users)], TOP, height - BOTTOM);
  const rungs = steps.map((step) => ({ ...step, y: place(step.measured) }));
  const words = [
    ...rungs.map(({ y, wall, measured, predicted, fix }) => ({
      y,
      first: `${wall}: ${measured}`,
      second: shortened(
        `${predicted === null ? 'no law' : `predicted ${predicted}`}; fix: ${fix ?? NOT_MOVED}`,
        MOST_CHARACTERS,
      ),
    })),
    ...goals.map(({ users, kind }) => ({
      y: place(users),
      first: kind === 'reached' ? `${users} users open` : `target: ${users}`,
      second: kind === 'reached' ? 'the most that were shown' : 'not reached',
    })),
  ].toSorted((a, b) => b.y - a.y);
  const places = spaced(
    words.map(({ y }) => y),
    ROW,
    [TOP, height - BOTTOM],
  );
  return html`<figure>
<div class="scroll" tabindex="0" role="region" aria-label="The ladder"><svg class="ladder" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-labelledby="ladder-title ladder-desc">
<title id="ladder-title">The walls of the climb, by users on a log scale</title>
<desc id="ladder-desc">${description(document)}</desc>
<g class="ticks">${ticks.map((users) => html`<line x1="${LEFT - 6}" x2="${RIGHT + 6}" y1="${n(place(users))}" y2="${n(place(users))}"/><text x="${LEFT - 12}" y="${n(place(users) + 4)}" text-anchor="end">${users}</text>`)}</g>
<g class="rails"><line x1="${LEFT}" x2="${LEFT}" y1="${TOP - 14}" y2="${height - BOTTOM + 10}"/><line x1="${RIGHT}" x2="${RIGHT}" y1="${TOP - 14}" y2="${height - BOTTOM + 10}"/></g>
${goals.map(({ users, kind }) => html`<line class="${kind}" x1="${LEFT - 6}" x2="${RIGHT + 6}" y1="${n(place(users))}" y2="${n(place(users))}"/>\n`)}${rungs.map(
  ({ y, predicted, fix }) =>
    html`<g class="rung${fix === null ? ' last' : ''}"><line class="measured" x1="${LEFT}" x2="${RIGHT}" y1="${n(y)}" y2="${n(y)}"/><circle class="measured" cx="${LEFT}" cy="${n(y)}" r="5"/>${predicted !== null && rungPredicted(place(predicted))}</g>\n`,
)}<g class="words">${words.map(({ y, first, second }, index) => {
    const at = places[index] as number;
    return html`<path class="lead" d="M${RIGHT + 12} ${n(y)}L${WORDS - 22} ${n(at)}H${WORDS - 6}"/><text x="${WORDS}" y="${n(at)}"><tspan class="first">${first}</tspan><tspan class="second" x="${WORDS}" dy="16">${second}</tspan></text>\n`;
  })}</g>
</svg></div>
<figcaption>Users, on a log scale. Filled and solid: measured, the users who were let in before the wall. Hollow and dashed:
<i class="predicted">predicted</i> by its law. <cite>robots; lab/laws</cite></figcaption>
</figure>`;
}

/** Hollow, so that what was measured at the same place is seen through it. */
function rungPredicted(y: number): Html {
  return html`<line class="predicted" x1="${LEFT}" x2="${RIGHT}" y1="${n(y)}" y2="${n(y)}"/><path class="predicted" d="M${RIGHT - 7} ${n(y)}l7 -7l7 7l-7 7z"/>`;
}

function description({ steps, reached, to }: ClimbDocument): string {
  const walls = steps.map(
    ({ wall, measured, predicted, fix }) =>
      `${wall}: measured ${measured}, ${predicted === null ? 'no law predicts it' : `predicted ${predicted}`}, fix: ${fix ?? NOT_MOVED}.`,
  );
  return [
    `${reached} of ${to} users open.`,
    ...(walls.length === 0 ? [NO_WALL] : ['From below:', ...walls]),
  ].join(' ');
}

/** A coordinate; more digits are not seen. */
function n(coordinate: number): number {
  return Math.round(coordinate * 10) / 10;
}
