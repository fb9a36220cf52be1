import { nextAfterClimb } from '../../climb/after-climb.ts';
import type { ClimbDocument } from '../../climb/climb-document.ts';
import {
  CLIMB_CUT,
  climbAnswer,
  climbNotes,
  climbTitle,
  NO_WALL,
  paperRows,
  paperTitle,
  WALL_SIDES,
  wallRows,
} from '../climb-text.ts';
import { listBlock, markdownOf, textTable } from './blocks.ts';
import { markdownText } from './inline.ts';
import { madeOn } from './made-on.ts';
import { nextBlock } from './next-block.ts';

/** A climb as Markdown, in the order of the terminal. */
export function climbMarkdown(document: ClimbDocument): string {
  const { to, steps, end, complete, paper } = document;
  return markdownOf([
    `## ${markdownText(`climb to ${to} users`)}`,
    `**Answer:** ${markdownText(climbAnswer(document))}`,
    markdownText(climbTitle(document)),
    steps.length === 0 ? NO_WALL : textTable(wallRows(document), WALL_SIDES),
    listBlock(climbNotes(document).map(markdownText)),
    `**End:** ${markdownText(end)}`,
    complete ? null : `**Incomplete:** ${CLIMB_CUT}`,
    `### ${markdownText(paperTitle(paper))}`,
    textTable([['predicted', ' '], ...paperRows(paper)]),
    nextBlock(nextAfterClimb(document)),
    madeOn(document),
  ]);
}
