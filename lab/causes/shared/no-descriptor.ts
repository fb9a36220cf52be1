import { type DescriptorFacts, SAMPLE_SLACK_MS } from '../../facts/descriptors.ts';
import { isWithin, type LastMissed, wasAnswered500 } from '../../facts/last-descriptor.ts';
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

/** There was none left for this user: it was cut, or answered with 500, while none was, or gave up since. */
export function foundNone(user: UserLine, { descriptors }: Facts): boolean {
  if (descriptors === undefined || user.stage === 'open') return false;
  const { full, answered = [] } = descriptors;
  const at = failedAt(user);
  if (wasAnswered500(user)) return isWithin(answered, at, SAMPLE_SLACK_MS);
  if (full === undefined) return false;
  if (user.outcome === 'timeout') return at >= full.from;
  return wasCut(user) && isWithin([full], at, SAMPLE_SLACK_MS);
}

/** How many there were; `full` is said where all were in use. */
export function descriptorsItem(
  { limit, atRest, peak, read, full, missed }: DescriptorFacts,
  whenFull: string,
): Item {
  const none =
    missed && peak < limit
      ? `at most ${peak} of ${limit} in use when it was looked at; ${MISSED[missed]}`
      : whenFull;
  const says = full ? none : `at most ${peak} of ${limit} in use`;
  return item(read, 'descriptors', atRest, peak, says, limit);
}

/** How it is known that there was none in between. */
const MISSED: Record<LastMissed, string> = {
  accept: 'accept(2) said EMFILE in between',
  answers:
    'whoever took the last one found none for what it asked, and was answered with 500: then, and never else',
};

/** The limit, doubled until all users and a tenth to spare have a descriptor; undefined where the machine allows no such. */
export function enoughNofile(facts: Facts, settings: Settings, highestNofile: number): number | undefined {
  const needed = settings.users + (facts.descriptors?.atRest ?? 0);
  let nofile = facts.descriptors?.limit ?? settings.nofile;
  while (nofile < needed * WITH_A_TENTH) nofile *= 2;
  nofile = Math.min(nofile, highestNofile);
  return nofile < needed ? undefined : nofile;
}
