import type { LeakFacts } from '../facts/left-open.ts';
import {
  byClaims,
  type Cause,
  change,
  contributing,
  expecting,
  type Facts,
  type Item,
  type Judgement,
  uncounted,
  undecided,
  unread,
} from './shared/cause.ts';
import {
  byEndsWhileFull,
  descriptorsItem,
  foundNone,
  LEFT_OPEN,
  leftOpenItem,
} from './shared/no-descriptor.ts';

export const descriptorLeak: Cause = {
  id: 'descriptor-leak',
  title: 'the gateway never closes connections that their users have left (CLOSE_WAIT), and they fill nofile',
  toldBy: 'kernel',
  looksLike:
    'most descriptors are connections that their clients have closed and the server has not, and none of them goes',
  under: 'fd-exhaustion',
  // At most a few users at once, and one descriptor after another that none of them gives back.
  scenario: {
    leak: 1,
    kind: 'http',
    keep_alive_ms: 60_000,
    stay_ms: 200,
    nofile: 160,
    users: 300,
    ramp: '8s',
    rounds: 0,
  },
  only: {
    runtimes: ['docker', 'netns', 'native'],
    platform: 'linux',
    why: 'the states of its connections are read from /proc/net/tcp',
  },
  claims: (user, facts) => facts.leak?.filled !== undefined && foundNone(user, facts),
  judge(facts, claimed) {
    if (claimed > 0) return byClaims(claimed, itemsOf(facts));
    return unfilled(facts);
  },
  signs(facts) {
    const { leak, outside } = facts;
    if (outside === undefined || leak?.filled === undefined) return uncounted(unfilled(facts));
    const signs = byEndsWhileFull(facts, itemsOf(facts));
    return signs.verdict === 'confirmed' ? signs : uncounted(contributing(signs.against));
  },
  fix(_facts, { leak }) {
    if (leak === 0) return undefined;
    const { change: to, settings } = change('leak', leak, 0);
    return { change: `${to} (close what the client has closed)`, settings };
  },
};

/** Nobody failed by it: it may be on its way there. */
function unfilled(facts: Facts): Judgement {
  const { leak, descriptors, failed, gap } = facts;
  const items = itemsOf(facts);
  if (leak === undefined) {
    const matters = descriptors?.full !== undefined && failed.length > 0;
    return matters || gap !== undefined ? undecided(items) : byClaims(0, items);
  }
  return isGrowing(leak, descriptors?.limit) ? contributing(items) : byClaims(0, items);
}

/**
 * So much of nofile is theirs before it is said that it goes there. Lower, and a server that is slow to close is suspected; higher, and a
 * slow leak is not told of in time.
 */
const WORTH_A_WORD = 0.1;

/** More than there were, none of them has gone, and they are a good part of what there is. */
function isGrowing({ keeps, first, last }: LeakFacts, limit = 0): boolean {
  return keeps && last > first && last >= WORTH_A_WORD * limit;
}

function itemsOf(facts: Facts): Item[] {
  const { leak, descriptors } = facts;
  if (leak === undefined) return [unread('connections left', LEFT_OPEN)];
  return [
    expecting(leftOpenItem(leak), 'whatever a client has closed the server closes soon after'),
    ...(descriptors ? [descriptorsItem(descriptors, `all ${descriptors.limit} descriptors in use`)] : []),
  ];
}
