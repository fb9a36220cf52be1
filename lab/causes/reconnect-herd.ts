import { count, duration } from '../../common/format.ts';
import type { Outcome } from '../../protocol/fleet-events.ts';
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
} from './shared/cause.ts';
import { reasonFor } from './shared/gateway-closes.ts';

/**
 * Who waits no longer than this has not waited: a busy robot's own loop takes as long. Longer, and users with a short random delay
 * are called a herd; shorter, and a herd on a busy machine is not.
 */
const AT_ONCE_MS = 100;

/**
 * As many as that in one second are a wave: with jitter over two seconds or more no second has so many. Higher, and a wave that the
 * server itself spread out, by letting go of users one after another, is missed.
 */
const WAVE = 0.5;

/** A gateway that has no room or no time for the wave turns its users away so. */
const TURNED_AWAY: readonly Outcome[] = ['refused', 'timeout', 'reset', 'eof'];

export const reconnectHerd: Cause = {
  id: 'reconnect-herd',
  title: 'the robots: all come back in the same instant after they were cut',
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
    if ((user.attempts ?? 1) < 2 || user.stage === 'open' || !TURNED_AWAY.includes(user.outcome))
      return false;
    // Whoever has died does not turn anybody away, and what the gateway says itself of this user is better known.
    if (facts.gateway.exit !== undefined || reasonFor(user, facts) !== undefined) return false;
    if (!isWave(facts)) return false;
    // It may have found no descriptor, and nobody looked to the end.
    return facts.gap !== undefined && user.outcome !== 'refused' ? undefined : true;
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
    // Spread so that the gateway has twice the time that it needs; and long enough to be a pause at all.
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

/** Shorter, and a busy robot is hardly later than one that does not wait. */
const SHORTEST_SPREAD_MS = 1000;

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
    'with jitter they would be spread over the seconds of it',
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
        ? 'they did not wait before they connected again'
        : `half of them waited for ${duration(pauseMs)} or more`,
    ),
    `with a random delay half of them would wait for more than ${AT_ONCE_MS} ms`,
  );
}

function backItem({ comebacks }: Facts): Item {
  const { users = 0, back = 0, attempts = 0 } = comebacks ?? {};
  const says = `${back} of ${count(users, 'user')} got back in, with ${count(attempts, 'connection')} in all`;
  return item('robots', 'users that did not get back in', 0, users - back, says);
}

function loopItem({ gateway: { loopMaxMs, samples } }: Facts): Item {
  return item(
    'gateway lines',
    'event loop delay, longest (ms)',
    null,
    samples > 0 ? Math.round(loopMaxMs) : null,
    samples > 0
      ? `the event loop was held up for at most ${duration(loopMaxMs)}`
      : 'the gateway wrote nothing',
  );
}

/** What cut them is over; without a wave they would be back. */
function survivedItem(facts: Facts): Item {
  const { outages } = facts.restarts;
  const server = serverWord(facts);
  const ends = outages.flatMap(({ from, to }) => (to === undefined ? [] : [to - from]));
  const says =
    ends.length === 0
      ? `the ${server} was there to the end`
      : `the ${server} was there to the end, and listened again after ${duration(Math.max(...ends))}`;
  return expecting(
    item('process', 'exit', 'running', 'running', says),
    `a ${server} that is gone refuses those with jitter too`,
  );
}
