import { type DescriptorFacts, SAMPLE_SLACK_MS } from '../../facts/descriptors.ts';
import {
  type Facts,
  failedAt,
  type Item,
  item,
  type Settings,
  type UserLine,
  WITH_A_TENTH,
  wasCut,
} from './cause.ts';

/** What causes have to say of a server without descriptors. */

/** There was none left for this user: it was cut while none was, or gave up since. */
export function foundNone(user: UserLine, { descriptors }: Facts): boolean {
  const full = descriptors?.full;
  if (full === undefined || user.stage === 'open') return false;
  const at = failedAt(user);
  if (user.outcome === 'timeout') return at >= full.from;
  return wasCut(user) && at >= full.from - SAMPLE_SLACK_MS && at <= full.to + SAMPLE_SLACK_MS;
}

/** How many there were; `full` is said where all were in use. */
export function descriptorsItem(
  { limit, atRest, peak, read, full }: DescriptorFacts,
  whenFull: string,
): Item {
  const says = full ? whenFull : `at most ${peak} of ${limit} in use`;
  return item(read, 'descriptors', atRest, peak, says, limit);
}

/** The limit, doubled until all users and a tenth to spare have a descriptor; undefined where the machine allows no such. */
export function enoughNofile(facts: Facts, settings: Settings, highestNofile: number): number | undefined {
  const needed = settings.users + (facts.descriptors?.atRest ?? 0);
  let nofile = facts.descriptors?.limit ?? settings.nofile;
  while (nofile < needed * WITH_A_TENTH) nofile *= 2;
  nofile = Math.min(nofile, highestNofile);
  return nofile < needed ? undefined : nofile;
}
