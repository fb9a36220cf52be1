import { count, duration } from '../../common/format.ts';
import { endInWords } from '../facts/how-ended.ts';
import { isNear } from '../facts/part-ends.ts';
import type { Turnover } from '../facts/turnovers.ts';
import { WITH_THE_END_MS } from '../facts/worker-ends.ts';
import {
  byClaims,
  byCount,
  byRest,
  type Cause,
  change,
  contributing,
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
  wasCut,
} from './shared/cause.ts';
import { type Depth, deepest, depthBetween, surely, windowAt } from './shared/depth.ts';
import { reasonFor } from './shared/gateway-closes.ts';
import { endedInPartItem } from './shared/gateway-exit.ts';
import { cutWhileOpen } from './shared/held-up.ts';
import { untoldItem } from './shared/ledger-items.ts';

/** Service Restart, in IANA's registry of WebSocket close codes. */
const SERVICE_RESTART = 1012;

/** The slack between two clocks of one machine: users that failed earlier than this before the restart line were not cut by it. */
const CLOCKS_MS = 100;

/** A drain shorter than this spreads nobody: all users come back in one instant. */
const SHORTEST_DRAIN_MS = 1000;

export const gatewayRestart: Cause = {
  id: 'gateway-restart',
  title: 'the gateway was restarted: all users were cut at once, and it was back soon after',
  toldBy: 'gateway',
  looksLike: 'restart lines, and users cut or refused between them',
  under: 'app-timeout-or-panic',
  scenario: {
    users: 150,
    rounds: 0,
    hold_ms: 1200,
    restart_at_users: 150,
    restart_ms: 300,
    reconnect_ms: 800,
  },
  claims(user, facts) {
    const reason = reasonFor(user, facts);
    if (reason !== undefined) return reason === 'restart';
    if (user.outcome === 'closed') return user.code === SERVICE_RESTART;
    if (facts.gateway.exit !== undefined) return false;
    if (cutByTurnover(user, facts)) return true;
    // Nobody saw whether the server would have come back.
    return failedInOutage(user, facts) && (isForGood(facts) ? undefined : true);
  },
  windowMs(user, facts) {
    if (reasonFor(user, facts) !== undefined || user.outcome === 'closed') return undefined;
    if (facts.gateway.exit !== undefined || facts.outside !== undefined) return undefined;
    return windowAt(outageDepth(user, facts), earlyMs(facts));
  },
  judge(facts, claimed) {
    const { comebacks, gateway } = facts;
    if (claimed === 0 && gateway.samples === 0 && facts.failed.some(cutWhileOpen)) {
      const silent = item('gateway lines', 'restarts', null, 0, 'the gateway wrote no lines');
      return undecided([silent]);
    }
    const items = [outageItem(facts), cutItem(facts, claimed), processItem(facts), backItem(facts)];
    // The restart cut users; that some did not get back in is another cause's doing.
    if (outagesOf(facts).length === 0) return byClaims(claimed, items);
    const pushed = comebacks !== undefined && comebacks.back < comebacks.users;
    if (claimed === 0 && pushed) return contributing(items);
    return byRest(claimed, items, 'users cut as the restart began, or refused while it lasted');
  },
  signs(facts) {
    const { restarts, outside } = facts;
    if (outside === undefined) return uncounted(undecided([untold]));
    const { turnovers, closedListeners } = outside;
    const items = [outageItem(facts), ...turnovers.slice(0, MOST_TOLD).map(turnoverItem), processItem(facts)];
    const own = turnovers.filter(({ cut, violent }) => cut > 0 && !violent);
    if (own.length > 0) {
      const counted = own.reduce((sum, { cut }) => sum + cut, 0);
      return { ...byCount(counted, items), ends: [...new Set(own.flatMap(({ ends }) => ends))] };
    }
    // The server came back, but another cause had ended it.
    if (turnovers.some(({ cut }) => cut > 0)) return uncounted(contributing(items));
    // A listener that is closed for good, while the process lives, is no restart.
    if (closedListeners.some(({ beside }) => !beside)) return byCount(0, items);
    if (restarts.seen && outside.failed === undefined) items.push(untoldItem(outside));
    const outages = outagesOf(facts);
    if (outages.some(({ to }) => to === undefined)) return uncounted(undecided(items));
    if (outside.givenUp.length > 0 && outages.length === 0 && turnovers.length === 0)
      return byCount(0, items);
    // Users that arrived while nobody listened were refused, and no list has them.
    if (restarts.seen) return uncounted(contributing(items));
    return turnovers.length > 0 ? byCount(0, items) : uncounted(undecided([untold]));
  },
  fix({ restarts }, settings) {
    if (!restarts.told) return undefined;
    // Each user should come back to a gateway that has time for it.
    const { users, handshake_cost_ms: costMs, restart_drain_ms: drainMs, reconnect } = settings;
    const neededMs = Math.max(SHORTEST_DRAIN_MS, 2 * users * costMs);
    return together(
      [
        drainMs < neededMs ? change('restart_drain_ms', drainMs, neededMs) : undefined,
        reconnect === 'jittered' ? undefined : change('reconnect', reconnect, 'jittered'),
      ],
      '; ',
    );
  },
};

const untold = item(
  'the server',
  'told',
  null,
  null,
  'not known: only the server itself or its users could tell; bring robots with --load',
);

/** The times without a listener, except those in which the server gave it up for want of descriptors. */
function outagesOf({ restarts, outside }: Facts): Facts['restarts']['outages'] {
  return restarts.outages.filter((one) => !outside?.givenUp.includes(one));
}

/** The listener of a server that is not ours closed for good; its process lived, and no other took its place. */
function isForGood(facts: Facts): boolean {
  const { outside, restarts } = facts;
  if (outside === undefined || restarts.told || outside.turnovers.length > 0) return false;
  return outagesOf(facts).every(({ to }) => to === undefined);
}

/** The evidence lists this many restarts one by one. */
const MOST_TOLD = 3;

function turnoverItem({ listener, from, to, ended, how, cut }: Turnover): Item {
  const who = ended === undefined ? 'the process lived on' : `pid ${ended.pid} ended, ${endInWords(how)}`;
  const which =
    listener === 'another'
      ? `another listener${to === undefined ? '' : ` within ${duration(to - from)}`}`
      : 'the same listener, and another process behind it';
  return item(
    'ledger',
    'cut by the restart',
    0,
    cut,
    `${who}; ${which}; ${count(cut, 'connection')} cut by the restart`,
  );
}

/**
 * The user was refused while the restart lasted, or cut as it began. That holds also where the gateway logged no close: it does not know
 * of users in its accept queue. A user that came back after the restart was not cut by it.
 */
function failedInOutage(user: UserLine, facts: Facts): boolean {
  return outageDepth(user, facts) >= 0;
}

function outageDepth(user: UserLine, facts: Facts): Depth {
  if (facts.outside?.closedListeners.some(({ beside }) => !beside)) return surely(false);
  const at = failedAt(user);
  const depths = outagesOf(facts).map(({ from, to = Number.POSITIVE_INFINITY }) => {
    const [since, until] = [from - earlyMs(facts), to + WITH_THE_END_MS];
    if (user.outcome === 'refused') return depthBetween(at, since, until);
    // Another cause ended the server and took these users; that it came back changes nothing.
    const violent = facts.outside?.turnovers.some((one) => one.violent && one.from === from);
    if (violent || !wasCut(user) || user.attempts !== undefined) return surely(false);
    return depthBetween(at, since, Math.min(from + WITH_THE_END_MS, until));
  });
  return deepest(depths);
}

/** So much before an outage a user may fail by it. */
function earlyMs({ restarts: { told } }: Facts): number {
  return told ? CLOCKS_MS : WITH_THE_END_MS;
}

/** The user was cut as another process took the place of the one that served it. */
function cutByTurnover(user: UserLine, { outside }: Facts): boolean {
  const at = failedAt(user);
  return (
    wasCut(user) &&
    user.attempts === undefined &&
    (outside?.turnovers.some(
      ({ ended, violent, cut }) => !violent && cut > 0 && ended !== undefined && isNear(at, ended),
    ) ??
      false)
  );
}

function outageItem({ restarts: { outages, told, seen } }: Facts): Item {
  const [source, name] = told
    ? (['gateway lines', 'restarts'] as const)
    : seen
      ? (['listeners', 'times without a listener'] as const)
      : (['robots', 'refused between users let in, or another listener'] as const);
  const [first] = outages;
  if (first === undefined) return item(source, name, 0, 0, 'a listener was there all the time');
  const { from, to, open } = first;
  const cut = open === undefined ? '' : ` with ${count(open, 'user')} open`;
  const back =
    to === undefined ? 'did not open again during the load' : `opened again after ${duration(to - from)}`;
  return expecting(
    item(source, name, 0, seen ?? outages.length, `the listener closed${cut}, and ${back}`),
    'a listener all the time',
  );
}

function cutItem({ restarts: { drained }, gateway }: Facts, claimed: number): Item {
  const closed = gateway.byReason.restart ?? 0;
  const says =
    closed + claimed === 0
      ? 'no user failed by a restart'
      : `the restart ended ${count(closed, 'connection')} (${drained} of them were told to leave first); ${count(claimed, 'user')} did not get back in`;
  return expecting(
    item('gateway lines and robots', 'ended by the restart', 0, Math.max(closed, claimed), says),
    'no close with this reason, and no user cut in that instant',
  );
}

function processItem(facts: Facts): Item {
  const part = endedInPartItem(facts);
  if (part) return part;
  const { exit } = facts.gateway;
  const server = serverWord(facts);
  const says = exit
    ? `the ${server} ended for good: ${exit.how}`
    : `the ${server} was alive to the end: no crash`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}

function backItem({ comebacks }: Facts): Item {
  const says = comebacks
    ? `${comebacks.back} of ${count(comebacks.users, 'user')} that connected again got back in`
    : 'no user connected again';
  return item('robots', 'users back in', null, comebacks?.back ?? 0, says);
}
