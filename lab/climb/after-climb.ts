import { LAB } from '../../common/called.ts';
import { added, type Next, whole } from '../../common/next.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { CAUSES } from '../verdict/registry.ts';
import type { ClimbDocument } from './climb-document.ts';

/** What helps most after a climb: twice as high, else the wall that could not be moved, by itself. */
export function nextAfterClimb({ complete, reached, to, steps }: ClimbDocument): Next | undefined {
  if (!complete) return undefined;
  if (reached >= to)
    return 2 * to > SETTINGS.users.max ? undefined : added(`--to ${2 * to}`, 'the walls above');
  const last = steps.at(-1);
  const cause = CAUSES.find(({ id, scenario }) => id === last?.wall && scenario !== undefined);
  return cause && whole(`${LAB} run ${cause.id}`, 'this wall alone, with all its evidence');
}
