import { count, percent } from '../../common/format.ts';
import type { OutsideFacts } from '../facts/facts.ts';
import { isAtTheTop, TOGETHER_MS } from '../facts/plateau.ts';
import { isAsItWent } from '../facts/server.ts';
import { isAtTaskLimit, mayBeTaskLimit } from './shared/at-task-limit.ts';
import {
  byClaims,
  byCount,
  byEnds,
  type Cause,
  change,
  counterItem,
  expecting,
  type Facts,
  failedAt,
  type Item,
  item,
  serverWord,
  together,
  type UserLine,
  uncounted,
  undecided,
  unread,
  WITH_A_TENTH,
  wasCut,
} from './shared/cause.ts';
import { reasonFor, reasonItem } from './shared/gateway-closes.ts';
import { diedWithIt, endedInPartItem, endWindowMs } from './shared/gateway-exit.ts';
import { ledgerItem, untoldItem } from './shared/ledger-items.ts';
import { wasForgotten } from './shared/listen-queue.ts';
import { ALL_IN_USE, descriptorsItem, enoughNofile, mayBeShort, shortItem } from './shared/no-descriptor.ts';

export const connectionCap: Cause = {
  id: 'connection-cap',
  title: 'the gateway accepts no more connections than its own limit (max_connections)',
  toldBy: 'gateway',
  looksLike: 'users cut before they were open, at one level of open users below nofile',
  under: 'app-timeout-or-panic',
  after: [{ id: 'process-limit' }],
  scenario: { max_connections: 200, cap_silent: 1, users: 300, rounds: 0 },
  claims(user, facts) {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'max-connections';
    if (nothingElse(facts) !== true) return false;
    return (isFlat(facts) && turnedAway(user, facts)) || cutForOthers(user, facts);
  },
  // Users of several sources are compared with each other.
  windowMs(user, facts) {
    if (reasonFor(user, facts) !== undefined || facts.outside || nothingElse(facts) !== true)
      return undefined;
    if (!facts.plateau?.turnedAway.has(user.id) || wasForgotten(user, facts)) return undefined;
    return Math.min(TOGETHER_MS, endWindowMs(user, facts) ?? TOGETHER_MS);
  },
  judge(facts, claimed) {
    const items = [
      ...(facts.outside?.plateau && !isFlat(facts) ? [] : [plateauItem(facts)]),
      reasonItem(facts, 'max-connections'),
      freeItem(facts),
      overflowItem(facts),
      aliveItem(facts),
    ];
    if (claimed === 0 && mayBeShort(facts)) items.push(...shortItems(facts));
    const seen = facts.failed.some((user) => turnedAway(user, facts));
    if (claimed === 0 && seen && isFlat(facts) && nothingElse(facts) === undefined) return undecided(items);
    return byClaims(claimed, items);
  },
  signs(facts) {
    const { outside, descriptors, gateway } = facts;
    if (outside?.held === undefined) return uncounted(undecided([unread('connections', 'connections')]));
    const { plateau, failed, incomplete } = outside;
    if (failed === undefined) return uncounted(undecided([untoldItem(outside)]));
    const items = [
      expecting(levelItem(outside, failed.length), 'more connections arrive, and stay open'),
      ...(descriptors ? [descriptorsItem(descriptors, ALL_IN_USE)] : []),
      ledgerItem(facts),
    ];
    if (descriptors?.full || gateway.exit || isAtTaskLimit(facts)) return byCount(0, items);
    const open = plateau ? descriptors === undefined : incomplete || (failed.length > 0 && facts.asked === 0);
    if (open) return uncounted(undecided(items));
    const told = plateau ? undefined : outside.answeredAtTop;
    if (told && facts.asked === 0) return uncounted(undecided([...items.slice(1), answeredItem(told)]));
    if (plateau && mayBeTaskLimit(outside)) {
      const says = 'processes and threads were at their limit at that time: the server may have lacked one';
      return uncounted(undecided([...items, item('task limit', 'whose', null, null, says)]));
    }
    if (plateau && !plateau.known) {
      const says =
        'nobody saw which connections were closed, those beyond a cap or any: let users arrive one after another (--ramp), and watch from the start';
      return uncounted(undecided([...items, item('robots', 'users', null, null, says)]));
    }
    if (mayBeShort(facts)) return uncounted(undecided([...items, ...shortItems(facts)]));
    if (plateau && isFdSetSize(facts)) {
      const says =
        'select(2) takes no descriptor above 1023 (FD_SETSIZE), and the server was there: it may not have chosen this limit';
      return uncounted(undecided([...items, item('descriptors', 'FD_SETSIZE', null, FD_SETSIZE, says)]));
    }
    return plateau?.ends ? byEnds(plateau.ends, items) : byCount(plateau?.turnedAway ?? 0, items);
  },
  fix(facts, settings, highestNofile) {
    const { max_connections, users } = settings;
    const nofile = enoughNofile(facts, settings, highestNofile);
    if (max_connections === 0 || nofile === undefined) return undefined;
    const enough = Math.ceil(users * WITH_A_TENTH);
    const limit = facts.descriptors?.limit ?? settings.nofile;
    // A cap above what the descriptors allow has no effect.
    return together([
      change('max_connections', max_connections, enough),
      nofile === limit ? undefined : change('nofile', limit, nofile),
    ]);
  },
};

function shortItems({ descriptors, outside, plateau }: Facts): Item[] {
  return descriptors ? [shortItem(descriptors, outside?.plateau?.height ?? plateau?.height)] : [];
}

/** It may be a cap that tells the client so, or short requests that were answered and are over. */
function answeredItem({ height, answered }: NonNullable<OutsideFacts['answeredAtTop']>): Item {
  const says = `${count(answered, 'connection')} answered and closed by the server at once, all while ${height} stayed open, the most ever: either a cap that says so (503, a protocol error), or short requests beside those; its log or --load shows which`;
  return item('connections', 'answered and closed at the top', 0, answered, says, height);
}

/** What fits into an fd_set (posix_types.h). */
const FD_SETSIZE = 1024;

/** The server had as many descriptors as select(2) takes, and was allowed more. */
function isFdSetSize({ descriptors }: Pick<Facts, 'descriptors'>): boolean {
  if (descriptors === undefined || descriptors.limit <= FD_SETSIZE) return false;
  return descriptors.peak >= FD_SETSIZE - 1 && descriptors.peak <= FD_SETSIZE;
}

/** The users that were turned away arrived while as many were open as ever were. */
function isFlat({ plateau, slowConnects }: Facts): boolean {
  if (plateau === undefined || plateau.turnedAway.size === 0) return false;
  // Users that had to repeat their SYN arrived in an order that the robots saw only in part.
  return isAtTheTop(plateau.level, plateau.turnedAway.size, Boolean(slowConnects));
}

/**
 * Whether every other limit that turns connections away at a fixed number is ruled out: descriptors, the accept queue.
 * Undefined: could not be read.
 */
function nothingElse(facts: Facts): boolean | undefined {
  const { descriptors, queue, counter, outside } = facts;
  // For a server that is not ours: the overflows of its own queue.
  const overflows = outside ? queue?.overflows : counter('TcpExt ListenOverflows');
  if (descriptors?.full !== undefined) return false;
  if (descriptors?.untold) return undefined;
  if (outside && descriptors && (isFdSetSize({ descriptors }) || mayBeShort(facts))) return undefined;
  if (mayBeTaskLimit(outside)) return undefined;
  if (overflows !== undefined && overflows > 0 && queue?.abort !== false) return false;
  return descriptors === undefined || overflows === undefined ? undefined : true;
}

function turnedAway(user: UserLine, facts: Facts): boolean {
  // A queue that forgot a handshake leaves the same flat line.
  const away = facts.plateau?.turnedAway.has(user.id) === true && !wasForgotten(user, facts);
  return away && !diedWithIt(user, facts) && !wentWithListener(user, facts);
}

/** The listener of a server that is not ours closed just then: it cut this user, and no cap did. */
function wentWithListener(user: UserLine, { outside, restarts }: Facts): boolean {
  return outside !== undefined && isAsItWent(restarts.outages, failedAt(user));
}

/** A server that is not ours may also cut earlier users to make room: the number that stays is seen from outside all the same. */
function cutForOthers(user: UserLine, { outside, gateway, restarts }: Facts): boolean {
  const isOne = wasCut(user) && outside?.plateau?.known === true && gateway.exit === undefined;
  return isOne && !isAsItWent(restarts.outages, failedAt(user));
}

function plateauItem({ plateau }: Facts): Item {
  const name = 'open at once, at most';
  if (plateau === undefined) return item('robots', name, 0, 0, 'no user became open');
  const { height, turnedAway, level } = plateau;
  const says =
    turnedAway.size === 0
      ? `at most ${height} open at once; no user was cut at once, or told that there is no room (503, 429)`
      : `${count(turnedAway.size, 'user')} turned away before they were open, while ${percent(level)} of the most ever (${height}) were open`;
  return expecting(
    item('robots', name, 0, height, says),
    'no user is cut, or users are cut whatever number is open',
  );
}

function freeItem({ descriptors }: Facts): Item {
  if (descriptors === undefined) return unread('descriptors', 'descriptors');
  return expecting(descriptorsItem(descriptors, ALL_IN_USE), 'all descriptors in use: fd-exhaustion');
}

/** A limit of the server's own: the same connections stay open, and every further one is closed at once. */
function levelItem({ plateau, held = 0 }: OutsideFacts, closed: number): Item {
  const says = plateau
    ? `the server closed ${count(plateau.turnedAway, 'connection')} at once while ${plateau.height} stayed open, the most ever`
    : closed > 0
      ? `at most ${count(held, 'connection')} open at once; the server turned away or reset ${closed} others, but not at one level`
      : `at most ${count(held, 'connection')} open at once, and none was turned away beyond that`;
  return item('connections', 'connections', 0, plateau?.height ?? held, says);
}

function overflowItem(facts: Facts): Item {
  const overflow = counterItem(facts, 'TcpExt ListenOverflows', (growth) =>
    growth === 0 ? 'the accept queue never overflowed' : `${count(growth, 'handshake packet')} dropped`,
  );
  return expecting(overflow, 'the queue overflows: listen-backlog');
}

function aliveItem(facts: Facts): Item {
  const part = endedInPartItem(facts);
  if (part) return part;
  const { exit } = facts.gateway;
  const server = serverWord(facts);
  const says = exit ? `the ${server} ended: ${exit.how}` : `the ${server} was alive to the end`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}
