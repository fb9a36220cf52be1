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
  fullWindowMs,
  LEFT_OPEN,
  leftOpenItem,
} from './shared/no-descriptor.ts';

export const descriptorLeak: Cause = {
  id: 'descriptor-leak',
  title: 'the gateway never closes connections that its users have closed (CLOSE_WAIT), and they fill nofile',
  toldBy: 'kernel',
  looksLike: 'most descriptors are connections that their clients have closed and the server never closes',
  under: 'fd-exhaustion',
  // Only a few users at once, but each leaves a descriptor that the gateway never frees.
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
    why: 'the states of connections are read from /proc/net/tcp',
  },
  claims: (user, facts) => facts.leak?.filled !== undefined && foundNone(user, facts),
  windowMs: (user, facts) => (facts.leak?.filled ? fullWindowMs(user, facts) : undefined),
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

/** No user failed by the leak: it may still grow. */
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
 * The leak is reported once it takes this part of nofile. If lower, a server that is slow to close is suspected. If higher, a slow leak is
 * reported too late.
 */
const WORTH_A_WORD = 0.1;

/** There are more than at first, none was closed, and they are a good part of nofile. */
function isGrowing({ keeps, first, last }: LeakFacts, limit = 0): boolean {
  return keeps && last > first && last >= WORTH_A_WORD * limit;
}

function itemsOf(facts: Facts): Item[] {
  const { leak, descriptors } = facts;
  if (leak === undefined) return [unread('connections left', LEFT_OPEN)];
  return [
    expecting(leftOpenItem(leak), 'the server closes soon after its client has closed'),
    ...(descriptors ? [descriptorsItem(descriptors, `all ${descriptors.limit} descriptors in use`)] : []),
  ];
}
