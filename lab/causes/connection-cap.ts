import { count, percent } from '../../common/format.ts';
import type { OutsideFacts } from '../facts/facts.ts';
import { isAtTheTop } from '../facts/plateau.ts';
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
import { diedWithIt, endedInPartItem } from './shared/gateway-exit.ts';
import { ledgerItem, untoldItem } from './shared/ledger-items.ts';
import { wasForgotten } from './shared/listen-queue.ts';
import { descriptorsItem, enoughNofile, mayBeShort, shortItem } from './shared/no-descriptor.ts';

export const connectionCap: Cause = {
  id: 'connection-cap',
  title: 'the gateway takes no more connections than it is told to (max_connections)',
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
      expecting(levelItem(outside, failed.length), 'more come, and stay'),
      ...(descriptors ? [descriptorsItem(descriptors, 'all in use: that comes first')] : []),
      ledgerItem(facts),
    ];
    if (descriptors?.full || gateway.exit || isAtTaskLimit(facts)) return byCount(0, items);
    const open = plateau ? descriptors === undefined : incomplete || (failed.length > 0 && facts.asked === 0);
    if (open) return uncounted(undecided(items));
    const told = plateau ? undefined : outside.answeredAtTop;
    if (told && facts.asked === 0) return uncounted(undecided([...items.slice(1), answeredItem(told)]));
    if (plateau && mayBeTaskLimit(outside)) {
      const says = 'processes and threads were at their limit meanwhile: it may be for want of one';
      return uncounted(undecided([...items, item('task limit', 'whose', null, null, says)]));
    }
    if (plateau && !plateau.known) {
      const says =
        'turned away beyond a cap, or any of those that came: let them come one after another (--ramp), and watch from the beginning';
      return uncounted(undecided([...items, item('robots', 'users', null, null, says)]));
    }
    if (mayBeShort(facts)) return uncounted(undecided([...items, ...shortItems(facts)]));
    if (plateau && isFdSetSize(facts)) {
      const says =
        'select(2) takes no descriptor above 1023 (FD_SETSIZE), and it was at that: it may be no limit of its own choice';
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
    // A cap above what the descriptors allow is none.
    return together([
      change('max_connections', max_connections, enough),
      nofile === limit ? undefined : change('nofile', limit, nofile),
    ]);
  },
};

function shortItems({ descriptors, outside, plateau }: Facts): Item[] {
  return descriptors ? [shortItem(descriptors, outside?.plateau?.height ?? plateau?.height)] : [];
}

/** It may be a cap that says what it is, or requests that are answered and over. */
function answeredItem({ height, answered }: NonNullable<OutsideFacts['answeredAtTop']>): Item {
  const says = `${count(answered, 'connection')} answered and closed by the server at once, all while ${height} stayed, the most there ever were: a cap that says so (503, an error of its protocol), or short requests beside those; its log tells, and --load`;
  return item('connections', 'answered and closed at the top', 0, answered, says, height);
}

/** What fits into an fd_set (posix_types.h). */
const FD_SETSIZE = 1024;

/** It had as many descriptors as select(2) takes, and more were allowed. */
function isFdSetSize({ descriptors }: Pick<Facts, 'descriptors'>): boolean {
  if (descriptors === undefined || descriptors.limit <= FD_SETSIZE) return false;
  return descriptors.peak >= FD_SETSIZE - 1 && descriptors.peak <= FD_SETSIZE;
}

/** Who was turned away came while as many were open as ever were. */
function isFlat({ plateau, slowConnects }: Facts): boolean {
  if (plateau === undefined || plateau.turnedAway.size === 0) return false;
  // Who had to send its SYN again came in an order that the robots saw in part only.
  return isAtTheTop(plateau.level, plateau.turnedAway.size, Boolean(slowConnects));
}

/**
 * Whether every other limit that turns connections away at a fixed number is ruled out: descriptors, the accept queue.
 * Undefined: could not be read.
 */
function nothingElse(facts: Facts): boolean | undefined {
  const { descriptors, queue, counter, outside } = facts;
  // Of a server that is not ours those of its own queue.
  const overflows = outside ? queue?.overflows : counter('TcpExt ListenOverflows');
  if (descriptors?.full !== undefined) return false;
  if (outside && descriptors && (isFdSetSize({ descriptors }) || mayBeShort(facts))) return undefined;
  if (mayBeTaskLimit(outside)) return undefined;
  if (overflows !== undefined && overflows > 0 && queue?.abort !== false) return false;
  return descriptors === undefined || overflows === undefined ? undefined : true;
}

function turnedAway(user: UserLine, facts: Facts): boolean {
  // A queue that forgot a handshake leaves as flat a line.
  const away = facts.plateau?.turnedAway.has(user.id) === true && !wasForgotten(user, facts);
  return away && !diedWithIt(user, facts) && !wentWithListener(user, facts);
}

/** The listener of a server that is not ours went just then: whom that cut nobody turned away. */
function wentWithListener(user: UserLine, { outside, restarts }: Facts): boolean {
  return outside !== undefined && isAsItWent(restarts.outages, failedAt(user));
}

/** A server that is not ours may as well cut who came before, to make room: how many stay is seen from outside all the same. */
function cutForOthers(user: UserLine, { outside, gateway, restarts }: Facts): boolean {
  const isOne = wasCut(user) && outside?.plateau?.known === true && gateway.exit === undefined;
  return isOne && !isAsItWent(restarts.outages, failedAt(user));
}

function plateauItem({ plateau }: Facts): Item {
  const name = 'open at once, at most';
  if (plateau === undefined) return item('robots', name, 0, 0, 'nobody was let in');
  const { height, turnedAway, level } = plateau;
  const says =
    turnedAway.size === 0
      ? `${height}, and nobody was cut at once, or told that there is no room (503, 429)`
      : `${count(turnedAway.size, 'user')} turned away before they were open, while ${percent(level)} of the most there ever were (${height}) were open`;
  return expecting(
    item('robots', name, 0, height, says),
    'users are cut whatever number is open, or nobody is',
  );
}

function freeItem({ descriptors }: Facts): Item {
  if (descriptors === undefined) return unread('descriptors', 'descriptors');
  return expecting(
    descriptorsItem(descriptors, `all ${descriptors.limit} in use: that comes first`),
    'all in use: fd-exhaustion',
  );
}

/** A limit of the server's own: the same connections stay, and who comes beyond them is closed at once. */
function levelItem({ plateau, held = 0 }: OutsideFacts, closed: number): Item {
  const says = plateau
    ? `${count(plateau.turnedAway, 'connection')} closed by the server at once while ${plateau.height} stayed, the most there ever were`
    : closed > 0
      ? `at most ${held} at once; ${count(closed, 'connection')} turned away or reset by the server, at no one level`
      : `at most ${held} at once, and nobody was turned away beyond them`;
  return item('connections', 'connections', 0, plateau?.height ?? held, says);
}

function overflowItem(facts: Facts): Item {
  const overflow = counterItem(facts, 'TcpExt ListenOverflows', (growth) =>
    growth === 0 ? 'the accept queue never overflowed' : `${count(growth, 'handshake packet')} dropped`,
  );
  return expecting(overflow, 'it grows: listen-backlog');
}

function aliveItem(facts: Facts): Item {
  const part = endedInPartItem(facts);
  if (part) return part;
  const { exit } = facts.gateway;
  const server = serverWord(facts);
  const says = exit ? `the ${server} ended: ${exit.how}` : `the ${server} lived to the end`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}
