import { LAB } from '../../common/called.ts';
import { fromHere } from '../../common/format.ts';
import { added, type Next, whole } from '../../common/next.ts';
import { shellWord } from '../../common/shell-word.ts';
import { type SweepDocument, standing } from './sweep-document.ts';

/** What helps most after a sweep: why the first cell was not as expected, or the same for a CI. */
export function nextAfterSweep({ cells, complete }: SweepDocument): Next | undefined {
  if (!complete) return undefined;
  const unmet = cells.find((cell) => standing(cell) === 'unmet');
  const folder = unmet?.verdict?.path;
  if (folder)
    return whole(
      `${LAB} report ${shellWord(fromHere(folder))} --markdown`,
      'why the first cell is not as expected',
    );
  return cells.every((cell) => standing(cell) === 'met')
    ? added('--junit sweep.xml', 'results for a CI')
    : undefined;
}
