import { html } from '../html/tagged-html.ts';
import { WORDS } from '../outcome-lines.ts';
import type { Findings } from '../text/findings.ts';
import { ANSWER_TITLES, type Answer, type Failures, shareOf } from '../text/found.ts';
import { nextBut } from '../text/next.ts';
import { moreWords, type RuledOut } from '../text/ruled-out.ts';
import type { ToldItem, ToldVerdict } from '../text/told-verdict.ts';
import { figuresOf, sideOf, WHY_HEADS } from '../text/why.ts';
import { foldedBlock, listBlock, markdownOf, shellBlock, tableBlock } from './blocks.ts';
import { markdownCell, markdownCode, markdownText, oneLine } from './inline.ts';
import { type Made, madeOn } from './made-on.ts';
import { nextBlock } from './next-block.ts';

/** How much is told. */
export interface MarkdownTelling {
  /** Every verdict with all its evidence. */
  verbose?: boolean;
}

/** Findings as Markdown, in the order of the terminal; below it by what `made` was measured. */
export function findingsMarkdown(
  findings: Findings,
  made: Made,
  { verbose = false }: MarkdownTelling = {},
): string {
  const { headline, answers, numbers, why, ruledOut, undecided, unseen, incomplete, verdicts } = findings;
  return markdownOf([
    `## ${markdownText(headline)}`,
    listBlock(answers.map(answerItem)),
    tableBlock(
      [{ head: 'numbers' }, { head: ' ' }],
      numbers.map(([label, ...texts]) => [markdownCell(label), texts.map(markdownCell).join('<br>')]),
    ),
    ...(verbose
      ? verdicts.map((one) => verdictBlock(one, findings.failures))
      : [
          ...why.flatMap(({ cause, items }) => [
            `### Why ${markdownCode(cause)}`,
            evidenceTable(items),
            byHandBlock(items),
          ]),
          ...ruledOutBlocks(ruledOut),
          ...(undecided.length === 0 ? [] : ['### Not enough data', undecided.map(markdownCode).join(', ')]),
        ]),
    ...(unseen.length === 0 ? [] : ['### Not seen', listBlock(unseen.map(markdownText))]),
    incomplete === undefined ? null : `**Incomplete:** ${markdownText(incomplete)}`,
    nextBlock(verbose ? nextBut(findings.next) : findings.next),
    madeOn(made),
  ]);
}

function answerItem({ label, cause, under, says, figure, by }: Answer): string {
  const wider = under === undefined ? '' : ` (part of ${markdownCode(under)})`;
  const name = cause === undefined ? '' : `${markdownCode(cause)}${wider}`;
  const what = [name, says && markdownText(says)].filter(Boolean).join(': ');
  const proof = [figure && `**${markdownText(figure)}**`, by && markdownText(by)].filter(Boolean).join(': ');
  return `**${ANSWER_TITLES[label]}:** ${[what, proof].filter(Boolean).join(', ')}`;
}

const FIGURES = WHY_HEADS.map((head) => ({ head, side: sideOf(head) }));

function evidenceTable(items: readonly ToldItem[]): string {
  return tableBlock(
    [{ head: 'evidence' }, ...FIGURES],
    items.map((item) => [markdownCell(item.says), ...figuresOf(item).map(markdownCell)]),
  );
}

/** What shows the same figures without the lab. */
function byHandBlock(items: readonly ToldItem[]): string | null {
  const block = byHandOf(items);
  return block === null ? null : foldedBlock('The same by hand', [block]);
}

function ruledOutBlocks(ruledOut: RuledOut): string[] {
  const { suspects, more } = ruledOut;
  if (suspects.length + more === 0) return [];
  return [
    '### Ruled out',
    listBlock([
      ...suspects.map(({ cause, says }) => `${markdownCode(cause)}: ${markdownText(says)}`),
      ...(more > 0 ? [`${moreWords(ruledOut)}; \`--verbose\` lists them`] : []),
    ]),
  ];
}

/** A verdict with all its evidence, folded up where it is not the answer. */
function verdictBlock(told: ToldVerdict, failures: Failures): string {
  const { cause, under, verdict, explains, title, for: pro, against } = told;
  const found = verdict !== 'refuted' && verdict !== 'insufficient-data';
  const share = explains > 0 && `, ${shareOf(told, failures)}`;
  const name = cause !== verdict && html`: <code>${oneLine(cause)}</code>`;
  const part = under && html` (part of <code>${under}</code>)`;
  const signs = [
    ...pro.map((item) => ({ sign: '+', item })),
    ...against.map((item) => ({ sign: '−', item })),
  ];
  const rows = signs.map(({ sign, item }) => [
    sign,
    ...[item.says, item.otherwise ?? '', item.name, ...figuresOf(item)].map(markdownCell),
  ]);
  const heads = [' ', 'evidence', 'otherwise', 'reading'].map((head) => ({ head }));
  return foldedBlock(
    html`${WORDS[verdict]}${name}${part}${share}`,
    [
      ...(title === undefined ? [] : [markdownText(title)]),
      ...(rows.length === 0
        ? ['Nothing was read for it or against it.']
        : [tableBlock([...heads, ...FIGURES], rows)]),
      ...[byHandOf(signs.map(({ item }) => item))].filter((block) => block !== null),
    ],
    found,
  );
}

function byHandOf(items: readonly ToldItem[]): string | null {
  return shellBlock(
    items.flatMap(({ byHand, name }) => (byHand === undefined ? [] : [{ command: byHand, shows: name }])),
  );
}
