import { count } from '../../../common/format.ts';
import type { FleetDoneLine } from '../../../protocol/fleet-events.ts';
import type { EvidenceItem } from '../../causes/shared/verdict-types.ts';
import { countOf } from '../../evidence/packed-lines.ts';
import type { Facts } from '../../facts/facts.ts';
import type { OutsideVerdict } from '../../verdict/judge-server.ts';
import type { Found } from '../search.ts';
import type { Failure } from '../user-trial.ts';
import type { ServerTrial } from './server-trial.ts';

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
function serverLimitOf(facts: Facts, verdicts: readonly OutsideVerdict[]): ServerLimit {
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

/** The item that shows what was reached; of what is unknown the last one, which says most of it. */
function sentenceOf({ cause, explains, for: items }: OutsideVerdict): string {
  if (cause === 'unknown') return items.at(-1)?.says ?? NOBODY_KNOWS;
  // A limit that was not reached speaks for a cause by what it rules out.
  const moved = ({ before, after, limit }: EvidenceItem) =>
    before !== after && !(limit !== undefined && typeof after === 'number' && after < limit);
  const telling = items.find(moved) ?? items.find(({ after }) => after === explains) ?? items[0];
  return telling?.says ?? cause;
}

/** The causes by what the robots know of themselves. */
const OWN = { descriptors: 'robots-nofile', ports: 'ephemeral-ports', loop: 'robots-limit' } as const;

/** The same of a server that nobody watched: what the robots lacked themselves, else nobody knows. */
function unwatchedLimitOf(failed: number, bottlenecks: FleetDoneLine['bottlenecks']): ServerLimit {
  if (failed === 0) return { limitedBy: 'nothing', says: null };
  const ours = bottlenecks.find(({ users }) => users > 0);
  if (ours) return { limitedBy: OWN[ours.what], says: ours.says };
  return {
    limitedBy: 'unknown',
    says: 'the server is of another machine: run the lab there to see which limit it is',
  };
}

/** What stopped the users of a trial; who only had to wait, where that counts, has failed by no verdict. */
export function limitOfTrial({ failed, judged, evidence }: ServerTrial, failure: Failure): ServerLimit {
  if (judged === undefined) return unwatchedLimitOf(failed, evidence.fleet.done?.bottlenecks ?? []);
  const { facts, verdicts } = judged;
  if (failed === 0 || failure === 'failed' || facts.failed.length > 0) return serverLimitOf(facts, verdicts);
  const overflows = facts.queue?.overflows ?? 0;
  const says = `${count(facts.slowConnects ?? 0, 'user')} had to send the SYN again; the accept queue overflowed ${overflows} times`;
  return { limitedBy: overflows > 0 ? 'listen-backlog' : 'unknown', says };
}

/** What a limit that is a rate is called, as of our own gateway, where no cause of its own accounts for it. */
const RATE: ServerLimit = {
  limitedBy: 'accept-rate',
  says: 'the server takes users in more slowly than they came, and as many who come slowly do not fail',
};

/** The same, once it is known whether users who come slowly fail as well. */
export function limitOfSearch(
  trial: ServerTrial,
  failure: Failure,
  limit: Found['limit'] | null,
): ServerLimit {
  const found = limitOfTrial(trial, failure);
  const { failed } = trial.judged?.facts ?? {};
  if (limit !== 'rate' || found.limitedBy !== 'unknown' || failed === undefined) return found;
  const gaveUp = countOf(failed, ({ outcome }) => outcome === 'timeout');
  return 2 * gaveUp >= failed.length ? RATE : found;
}
