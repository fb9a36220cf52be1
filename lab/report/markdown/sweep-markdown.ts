import { nextAfterSweep } from '../../sweep/after-sweep.ts';
import { sweepRows, tallyText } from '../../sweep/print-sweep.ts';
import type { SweepDocument } from '../../sweep/sweep-document.ts';
import { markdownOf, textTable } from './blocks.ts';
import { markdownText } from './inline.ts';
import { madeOn } from './made-on.ts';
import { nextBlock } from './next-block.ts';

/** A sweep as Markdown, in the order of the terminal. */
export function sweepMarkdown(document: SweepDocument): string {
  const { name, about, cells, total = cells.length, complete } = document;
  return markdownOf([
    `## ${markdownText(`sweep ${name}`)}`,
    `**Answer:** ${markdownText(tallyText(document))}`,
    about === undefined ? null : markdownText(about),
    textTable(sweepRows(document)),
    complete ? null : `**Incomplete:** interrupted after ${cells.length} of ${total} cells.`,
    nextBlock(nextAfterSweep(document)),
    madeOn(document),
  ]);
}
