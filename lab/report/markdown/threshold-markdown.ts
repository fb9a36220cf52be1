import { nextAfterThreshold } from '../../threshold/after-threshold.ts';
import type { ThresholdsDocument } from '../../threshold/threshold-document.ts';
import {
  THRESHOLD_CUT,
  THRESHOLD_SIDES,
  thresholdAnswer,
  thresholdNotes,
  thresholdRows,
  thresholdTitle,
} from '../threshold-table.ts';
import { listBlock, markdownOf, textTable } from './blocks.ts';
import { markdownText } from './inline.ts';
import { madeOn } from './made-on.ts';
import { nextBlock } from './next-block.ts';

/** Thresholds as Markdown, in the order of the terminal. */
export function thresholdMarkdown(document: ThresholdsDocument): string {
  const { vary, complete } = document;
  return markdownOf([
    `## ${markdownText(`threshold by ${vary}`)}`,
    `**Answer:** ${markdownText(thresholdAnswer(document))}`,
    markdownText(thresholdTitle(document)),
    textTable(thresholdRows(document), THRESHOLD_SIDES),
    listBlock(thresholdNotes(document).map(markdownText)),
    complete ? null : `**Incomplete:** ${THRESHOLD_CUT}`,
    nextBlock(nextAfterThreshold(document)),
    madeOn(document),
  ]);
}
