import { count, duration } from '../../common/format.ts';
import type { Outcome } from '../../protocol/fleet-events.ts';
import { SECOND_MS } from '../facts/restarts.ts';
import {
  byClaims,
  bySeenClaims,
  type Cause,
  change,
  expecting,
  type Facts,
  type Item,
  item,
  serverWord,
  together,
  type UserLine,
} from './shared/cause.ts';
import { reasonFor } from './shared/gateway-closes.ts';

/**
 * A pause up to this counts as none, ms: the loop of a busy robot takes as long. If longer, users with a short random delay are called a
 * herd. If shorter, a herd on a busy machine is not.
 */
const AT_ONCE_MS = 100;

/**
 * This part of the users in one second is a wave: with jitter over two seconds or more no second has so many. If higher, a wave is missed
 * that the server itself spread by cutting users one after another.
 */
const WAVE = 0.5;

/** The ways in which a gateway turns users away when it has no room or no time for the wave. */
const TURNED_AWAY: readonly Outcome[] = ['refused', 'timeout', 'reset', 'eof'];

export const reconnectHerd: Cause = {
  id: 'reconnect-herd',
  title: 'the robots: all users come back in the same instant after they were cut',
  toldBy: 'robots',
  looksLike: 'users that came back in one instant, and were turned away',
  after: [{ id: 'fd-exhaustion' }],
  scenario: {
    users: 100,
    rounds: 0,
    hold_ms: 1300,
    handshake_cost_ms: 2,
    restart_at_users: 100,
    restart_ms: 1000,
    reconnect: 'immediate',
    reconnect_ms: 1000,
  },
  claims(user, facts) {
    if (!wasTurnedAway(user, facts) || !isWave(facts)) return false;
    // The user may have found no descriptor left, and nobody watched to the end.
    return facts.gap !== undefined && user.outcome !== 'refused' ? undefined : true;
  },
  // Users of several sources came back together, or did not.
  windowMs(user, facts) {
    const wave = (facts.comebacks?.pauseMs ?? Number.POSITIVE_INFINITY) <= AT_ONCE_MS;
    return wave && wasTurnedAway(user, facts) ? SECOND_MS : undefined;
  },
  judge(facts, claimed) {
    const { comebacks } = facts;
    if (comebacks === undefined) {
      return byClaims(0, [item('robots', 'users that came back', 0, 0, 'no user connected a second time')]);
    }
    const items = [waveItem(comebacks), pauseItem(comebacks), backItem(facts), loopItem(facts)];
    if (claimed > 0) return byClaims(claimed, [...items, survivedItem(facts)]);
    const lacks = isWave(facts) ? { lacks: 'users that were turned away as they came back' } : {};
    return { ...bySeenClaims(facts, claimed, items), ...lacks };
  },
  fix(_facts, settings) {
    const { reconnect, reconnect_ms: spreadMs, users, handshake_cost_ms: costMs } = settings;
    // Twice the time that the gateway needs, and long enough to spread users at all.
    const neededMs = Math.max(SHORTEST_SPREAD_MS, Math.ceil(2 * users * costMs));
    const fix = together(
      [
        reconnect === 'jittered' ? undefined : change('reconnect', reconnect, 'jittered'),
        spreadMs >= neededMs ? undefined : change('reconnect_ms', spreadMs, neededMs),
      ],
      '; ',
    );
    return fix && { ...fix, settings: { reconnect: 'jittered', reconnect_ms: Math.max(spreadMs, neededMs) } };
  },
};

/** If shorter, a robot that waits is hardly later than a busy one that does not. */
const SHORTEST_SPREAD_MS = 1000;

/** The user came back and was not let in. A gateway that ended turns nobody away, and its own close line for this user says more. */
function wasTurnedAway(user: UserLine, facts: Facts): boolean {
  if ((user.attempts ?? 1) < 2 || user.stage === 'open' || !TURNED_AWAY.includes(user.outcome)) return false;
  return facts.gateway.exit === undefined && reasonFor(user, facts) === undefined;
}

function isWave({ comebacks }: Facts): boolean {
  if (comebacks === undefined || comebacks.users < 2) return false;
  return comebacks.pauseMs <= AT_ONCE_MS && comebacks.together >= WAVE;
}

function waveItem({ users, together }: NonNullable<Facts['comebacks']>): Item {
  const percent = Math.round(together * 100);
  return expecting(
    item(
      'robots',
      'came back in the busiest second (%)',
      null,
      percent,
      `of ${count(users, 'user')} that connected again, ${percent} % did so in one second`,
    ),
    'with jitter they come back over several seconds',
  );
}

function pauseItem({ pauseMs }: NonNullable<Facts['comebacks']>): Item {
  return expecting(
    item(
      'robots',
      'from the loss to the next attempt, median (ms)',
      null,
      Math.round(pauseMs),
      pauseMs <= AT_ONCE_MS
        ? 'users did not wait before they connected again'
        : `half of the users waited for ${duration(pauseMs)} or more`,
    ),
    `with a random delay half of them wait for more than ${AT_ONCE_MS} ms`,
  );
}

function backItem({ comebacks }: Facts): Item {
  const { users = 0, back = 0, attempts = 0 } = comebacks ?? {};
  const says = `${back} of ${count(users, 'user')} became open again, in ${count(attempts, 'attempt')} in all`;
  return item('robots', 'users that did not get back in', 0, users - back, says);
}

function loopItem({ gateway: { loopMaxMs, samples } }: Facts): Item {
  return item(
    'gateway lines',
    'event loop delay, longest (ms)',
    null,
    samples > 0 ? Math.round(loopMaxMs) : null,
    samples > 0
      ? `the event loop was blocked for at most ${duration(loopMaxMs)}`
      : 'the gateway wrote no lines',
  );
}

/** The server lives, and what cut the users is over: without a wave they would be back. */
function survivedItem(facts: Facts): Item {
  const { outages } = facts.restarts;
  const server = serverWord(facts);
  const ends = outages.flatMap(({ from, to }) => (to === undefined ? [] : [to - from]));
  const says =
    ends.length === 0
      ? `the ${server} was alive to the end`
      : `the ${server} was alive to the end, and listened again after ${duration(Math.max(...ends))}`;
  return expecting(
    item('process', 'exit', 'running', 'running', says),
    `a ${server} that is gone refuses users with jitter too`,
  );
}
