import { limitingLaw } from '../laws/all-laws.ts';
import { inputOfSettings } from '../laws/law-input.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { portsOfSource, sourcesOf } from '../settings/shares.ts';

/** Where the laws expect the first wall of a load. */
export interface ExpectedWall {
  law: string;
  /** Of all gateways together. */
  users: number;
}

/**
 * The wall that is expected first under these settings, whatever number of users they ask for: undefined where no law knows any.
 *
 * @param atRest descriptors of a gateway at rest: with 0, where that is not known yet, the wall is a little below
 */
export function expectedWall(
  settings: ResolvedSettings,
  ownNamespace: boolean,
  atRest = 0,
): ExpectedWall | undefined {
  const { values } = settings;
  const sources = sourcesOf(settings, ownNamespace);
  const { first, last } = portsOfSource(settings, ownNamespace);
  const least = limitingLaw({
    ...inputOfSettings(values),
    descriptors: Array.from({ length: atRest }, (_, number) => number),
    ports: { first, last, addresses: sources },
  });
  return least && { law: least.law.formula, users: least.users * values.gateways };
}

/** So many users more than a wall meet it, whatever else happens. */
const BEYOND = 8;
const BEYOND_PART = 0.05;

/** Where no law knows a wall. */
const FIRST_USERS = 4500;

/**
 * The users of the next load: just beyond the wall that is expected, so that one load meets and measures it, and never more than `to`.
 *
 * @param shown users of which a load has shown that no wall stands below them
 */
export function nextLoad(expected: number | undefined, to: number, shown = 0): number {
  const beyond =
    expected === undefined ? FIRST_USERS : expected + Math.max(BEYOND, Math.ceil(BEYOND_PART * expected));
  return Math.min(to, Math.max(beyond, 2 * shown));
}
