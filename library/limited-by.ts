import { defined } from '../common/defined.ts';
import type { Facts } from '../lab/facts/facts.ts';
import type { OutsideVerdict } from '../lab/verdict/judge-server.ts';
import type { FleetDoneLine, UserLine } from '../protocol/fleet-events.ts';

/** What stopped the users, in the words of the library; `unknown` when no cause accounts for the failures. */
export type LimitWord = 'nothing' | 'robots' | 'nofile' | 'accept-queue' | 'syn-queue' | 'server' | 'unknown';

/** The word for a cause, and for its sub-causes that have none of their own. */
const WORDS: Readonly<Record<string, LimitWord>> = {
  'fd-exhaustion': 'nofile',
  'listen-backlog': 'accept-queue',
  'syn-queue': 'syn-queue',
  'robots-limit': 'robots',
  'app-timeout-or-panic': 'server',
};

export interface Limit {
  limitedBy: LimitWord;
  /** Why that; absent when nothing failed. */
  says?: string;
}

/** The sentence for each of these words; for others it is that of the verdict. */
const SAYS: Readonly<Partial<Record<LimitWord, (facts: Facts) => string>>> = {
  nofile: ({ descriptors, outside: { workers = 1 } = {} }) =>
    `all ${descriptors?.limit} descriptors of ${workers > 1 ? `one of the server's ${workers} processes` : 'the server'} in use`,
  'accept-queue': ({ queue }) =>
    `the accept queue overflowed ${queue?.overflows} times, at most ${queue?.peak} connections seen in it`,
  'syn-queue': ({ queue }) => `${queue?.synDrops} SYNs dropped: the SYN queue was full`,
};

/**
 * Names the limit from the verdicts: the one that most failed users are attributed to, a cause and its sub-causes together. Where that is
 * `unknown`, it is the part that reports a limit of its own: the robots, or the server by its answers.
 */
export function limitOf(
  facts: Facts,
  verdicts: readonly OutsideVerdict[],
  bottlenecks: FleetDoneLine['bottlenecks'],
): Limit {
  if (facts.failed.length === 0) return { limitedBy: 'nothing' };
  const explained = (some: readonly OutsideVerdict[]) =>
    some.reduce((users, { explains }) => users + explains, 0);
  const [[limitedBy, told] = ['unknown' as const, []]] = [...Map.groupBy(verdicts, wordOf)].sort(
    ([, a], [, b]) => explained(b) - explained(a),
  );
  const [most] = told.toSorted((a, b) => b.explains - a.explains);
  if (most === undefined || most.cause === 'unknown') return toldBy(facts, bottlenecks, most);
  return { limitedBy, says: SAYS[limitedBy]?.(facts) ?? sentenceOf(most) };
}

function wordOf({ cause, under = '' }: OutsideVerdict): LimitWord {
  return WORDS[cause] ?? WORDS[under] ?? 'unknown';
}

/** The item that counts those users; else the first one that shows a change. */
function sentenceOf({ cause, explains, for: items }: OutsideVerdict): string {
  const telling =
    items.find(({ after }) => after === explains) ??
    items.find(({ before, after }) => before !== after) ??
    items[0];
  return telling ? `${cause}: ${telling.says}` : cause;
}

function isShutOut({ outcome, stage }: UserLine): boolean {
  return outcome === 'timeout' && stage === 'connect';
}

function toldBy(
  facts: Facts,
  bottlenecks: FleetDoneLine['bottlenecks'],
  unknown: OutsideVerdict | undefined,
): Limit {
  const { failed, queue } = facts;
  const ours = bottlenecks.find(({ users }) => users > 0);
  if (ours) return { limitedBy: 'robots', says: ours.says };
  const told = failed.filter(({ outcome }) => outcome === 'protocol' || outcome === 'closed');
  if (2 * told.length > failed.length)
    return {
      limitedBy: 'server',
      says: `the server itself turned users away: ${told[0]?.detail ?? 'a close frame'}`,
    };
  // Nobody knows why the server accepted none of them, but the queue had no room.
  if (queue && queue.overflows > 0 && queue.peak >= queue.capacity && failed.every(isShutOut))
    return { limitedBy: 'accept-queue', ...defined({ says: SAYS['accept-queue']?.(facts) }) };
  const untaken = unknown?.for.find(({ read }) => read === 'accept queue');
  return {
    limitedBy: 'unknown',
    says: untaken?.says ?? 'no watched limit was reached: look at the server itself',
  };
}
