import type { ObservedLine } from '../../protocol/observer-events.ts';
import { type DescriptorFacts, SAMPLE_SLACK_MS } from './descriptors.ts';
import type { PartEnd } from './part-ends.ts';
import type { Outage } from './restarts.ts';
import { WITH_THE_END_MS } from './worker-ends.ts';

/**
 * The times without a listener that began when no descriptor was left, while its processes lived on and none was added. Such a server
 * takes EMFILE from accept(2) for the end of its listener, closes it, and sometimes some open connections as well. That is no restart.
 */
export function givenUp(
  outages: readonly Outage[],
  full: DescriptorFacts['full'],
  ended: readonly PartEnd[],
  series: readonly ObservedLine[],
): Outage[] {
  if (full === undefined) return [];
  return outages.filter(({ from, seenAt }) => {
    if (seenAt === undefined || from > full.to + SAMPLE_SLACK_MS || seenAt < full.from - SAMPLE_SLACK_MS)
      return false;
    const isNear = (at: number) => at >= from - WITH_THE_END_MS && at <= seenAt + WITH_THE_END_MS;
    const came = series.some(({ at, server }) => isNear(at) && (server?.joined?.length ?? 0) > 0);
    return !came && !ended.some((one) => isNear(one.at));
  });
}
