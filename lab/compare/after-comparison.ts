import { LAB, MAC } from '../../common/called.ts';
import { type Next, whole } from '../../common/next.ts';
import type { CompareDocument } from './comparison-document.ts';

/** What helps most after a comparison: to measure what was predicted, or the same of the reader's own server. */
export function nextAfterComparison({ columns, complete }: CompareDocument): Next | undefined {
  if (!complete) return undefined;
  return columns.some(({ source, os }) => source === 'predicted' && os === 'macos')
    ? whole(MAC, 'on a Mac: measures what is only predicted here')
    : whole(`${LAB} diagnose --port <port> --load <users>`, 'the same question of your own server');
}
