import { nextAfterServerThreshold } from '../../threshold/strangers/after-server-threshold.ts';
import type { ServerThresholdDocument } from '../../threshold/strangers/server-threshold-document.ts';
import {
  serverThresholdAnswer,
  serverThresholdFacts,
  TRIAL_SIDES,
  trialRows,
} from '../server-threshold-text.ts';
import { listBlock, markdownOf, textTable } from './blocks.ts';
import { markdownText } from './inline.ts';
import { madeOn } from './made-on.ts';
import { nextBlock } from './next-block.ts';

/** The threshold of a server that is not ours as Markdown, in the order of the terminal. */
export function serverThresholdMarkdown(document: ServerThresholdDocument): string {
  return markdownOf([
    `## ${markdownText(`threshold of ${document.target.name ?? 'a server'} on port ${document.target.port}`)}`,
    `**Answer:** ${markdownText(serverThresholdAnswer(document))}`,
    listBlock(serverThresholdFacts(document).map(([label, text]) => `${label}: ${markdownText(text)}`)),
    textTable(trialRows(document), TRIAL_SIDES),
    nextBlock(nextAfterServerThreshold(document)),
    madeOn(document),
  ]);
}
