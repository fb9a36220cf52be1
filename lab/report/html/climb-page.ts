import { count, duration } from '../../../common/format.ts';
import type { ClimbDocument, ClimbLoad, ClimbStep } from '../../climb/climb-document.ts';
import { CLIMB_CUT, climbAnswer, NO_WALL, NOT_MOVED, NOT_TOLD, paperFigures } from '../climb-text.ts';
import { bytesText } from '../text/estimate.ts';
import { ladderPicture } from './ladder-picture.ts';
import { page } from './page.ts';
import { machine, table, tile } from './section-parts.ts';
import { settingsOfAll, settingsSection } from './settings-section.ts';
import { type Html, html, type Part } from './tagged-html.ts';

const WALLS = [
  { title: 'users', number: true },
  { title: 'wall' },
  { title: 'predicted', number: true },
  { title: 'measured', number: true },
  { title: 'fix', sentences: true },
  { title: 'took', number: true },
  { title: 'law' },
];

const LOADS = [
  { title: 'users', number: true },
  { title: 'open', number: true },
  { title: 'gateways', number: true },
  { title: 'sources', number: true },
  { title: 'memory, user space', number: true },
  { title: 'memory, kernel', number: true },
  { title: 'CPU', number: true },
  { title: 'took', number: true },
];

/** The report of `climb`: the ladder, every wall, and what a million users would take. A file that needs no network. */
export function climbHtml(document: ClimbDocument): string {
  const { to, steps, end, complete, host, runtime, driver, seed, path } = document;
  const answer = climbAnswer(document);
  return page({
    title: `climb to ${to}: ${answer}`,
    body: html`
<header>
<p class="kicker">climb to ${to} users on ${runtime}</p>
<h1>${answer}</h1>
${complete ? null : html`<p class="warning"><b>Incomplete:</b> ${CLIMB_CUT}</p>`}
${tiles(document)}
</header>
<section>
<h2>The ladder</h2>
${ladderPicture(document)}
</section>
<section>
<h2>The walls that were met</h2>
${steps.length === 0 ? html`<p>${NO_WALL}</p>` : table('Walls', WALLS, steps.map(wall))}
<p class="hint">Users: of the load in which the wall was met. Measured: those who were let in before it. What is
<i class="predicted">in italics</i> is predicted by the law beside it. End: ${end}.</p>
</section>
${paperSection(document)}
${loadsSection(document)}
${steps.length > 0 && settingsSection(settingsOfAll(steps.map(({ settings }) => settings)))}
<p class="hint">${machine(host)}, runtime ${runtime}, driver ${driver}, seed ${seed}.
${path && html`Folder: <code>${path}</code>.`}</p>
`,
    charts: [],
  });
}

function tiles({ reached, to, steps, loads, end, complete }: ClimbDocument): Html {
  const moved = steps.filter(({ fix }) => fix !== null).length;
  const wallMs = loads.reduce((sum, load) => sum + load.wallMs, 0);
  const tone = reached >= to ? 'good' : complete ? 'bad' : '';
  return html`<dl class="tiles">
${tile('Reached', `${reached} of ${to}`, 'users shown open at once', tone)}
${tile('Walls', steps.length, `${moved} moved`)}
${tile('End', end, complete ? 'the climb is over' : 'interrupted')}
${tile('Time', duration(wallMs), `${count(loads.length, 'load')} in all`)}
</dl>`;
}

function wall({ users, wall, law, predicted, measured, fix, wallMs }: ClimbStep): Part[] {
  return [
    users,
    wall,
    predicted === null ? '–' : html`<i class="predicted">${predicted}</i>`,
    html`<b>${measured}</b>`,
    fix ?? html`<span class="bad">${NOT_MOVED}</span>`,
    duration(wallMs),
    html`<small class="formula">${law ?? 'no law knows'}</small>`,
  ];
}

/** What so many users would take: no figure of it looks measured. */
function paperSection({ paper }: ClimbDocument): Html {
  const rows = paperFigures(paper).map(({ label, figure, rest }): Part[] => [
    label,
    figure === null
      ? html`<span class="dim">${NOT_TOLD}</span>`
      : html`<i class="predicted">${figure} predicted</i>`,
    rest,
  ]);
  return html`<section>
<h2>On paper: ${count(paper.users, 'user')}</h2>
<p>Nothing here was shown: each figure is <i class="predicted">predicted</i> from what this climb measured, ± its standard error.</p>
${table('On paper', [{ title: 'it takes' }, { title: 'predicted' }, { title: '' }], rows)}
${paper.basis.length > 0 && html`<ul class="hint">${paper.basis.map((line) => html`<li>${line}</li>`)}</ul>`}
</section>`;
}

function loadsSection({ loads }: ClimbDocument): Html {
  return html`<section>
<h2>Every load</h2>
<details><summary>${count(loads.length, 'load')}, whether or not it met a wall</summary>
${table('Loads', LOADS, loads.map(load))}
<p class="hint">Memory and CPU: of all gateways and fleets together, measured. –: it could not be read.</p>
</details>
</section>`;
}

function load(one: ClimbLoad): Part[] {
  const { users, open, gateways, sources, userBytes, kernelBytes, cpuMicros, wallMs } = one;
  return [
    users,
    open,
    gateways,
    sources,
    userBytes === null ? '–' : bytesText(userBytes),
    kernelBytes === null ? '–' : bytesText(kernelBytes),
    cpuMicros === null ? '–' : duration(cpuMicros / 1000),
    duration(wallMs),
  ];
}
