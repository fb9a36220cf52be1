import type { EvidenceItem } from '../../causes/shared/verdict-types.ts';
import type { Facts } from '../../facts/facts.ts';
import type { OutsideVerdict } from '../../verdict/judge-server.ts';

/** What stopped the users of one load. */
export interface ServerLimit {
  /** A cause, `unknown` or `nothing`. */
  limitedBy: string;
  /** Why that; null: nobody failed. */
  says: string | null;
}

/**
 * The cause that most failed users of a load are attributed to: of a wider cause and its forms together, the form that explains most of
 * them.
 */
export function serverLimitOf(facts: Facts, verdicts: readonly OutsideVerdict[]): ServerLimit {
  if (facts.failed.length === 0) return { limitedBy: 'nothing', says: null };
  const explained = (some: readonly OutsideVerdict[]) =>
    some.reduce((users, { explains }) => users + explains, 0);
  const families = [...Map.groupBy(verdicts, ({ cause, under }) => under ?? cause).values()];
  const [family = []] = families.toSorted((a, b) => explained(b) - explained(a));
  const [most] = family.toSorted((a, b) => b.explains - a.explains);
  if (most === undefined || most.explains === 0) return { limitedBy: 'unknown', says: NOBODY_KNOWS };
  return { limitedBy: most.cause, says: sentenceOf(most) };
}

const NOBODY_KNOWS = 'no watched limit was reached: look at the server itself';

/** An item that shows a change; of what is unknown the last one, which says most of it. */
function sentenceOf({ cause, explains, for: items }: OutsideVerdict): string {
  if (cause === 'unknown') return items.at(-1)?.says ?? NOBODY_KNOWS;
  const moved = ({ before, after }: EvidenceItem) => before !== after;
  const telling = items.find(moved) ?? items.find(({ after }) => after === explains) ?? items[0];
  return telling?.says ?? cause;
}
