import { count, duration, percent } from '../../common/format.ts';
import { smallest } from '../facts/numbers.ts';
import { SERVED_IN_TIME_LAW } from '../laws/accept-rate-law.ts';
import {
  busyItem,
  cpuItem,
  handshakeWindowMs,
  rateItem,
  waitedForHandshakes,
  waitOf,
} from './shared/busy-gateway.ts';
import {
  bySeenClaims,
  type Cause,
  change,
  expecting,
  type Facts,
  type Fix,
  type Item,
  item,
  serverWord,
  together,
  undecided,
} from './shared/cause.ts';

const CHEAPEST = 'ecdsa-p256';

/**
 * With the cheapest key already, users are sent at this part of the measured rate: a loop at its limit has no time for anything else. With
 * a cheaper key at that rate itself, at which this one leaves no time.
 */
const COMFORTABLE = 0.7;

export const tlsHandshake: Cause = {
  id: 'tls-handshake',
  title: "the gateway's event loop is busy with TLS handshakes: users give up before theirs is over",
  toldBy: 'gateway',
  looksLike: 'a server at work for the whole time that users waited, with TLS handshakes more than all else',
  under: 'app-timeout-or-panic',
  // Even a processor with instructions for it (AVX-512 IFMA) signs fewer than a thousand times a second with such a key. The queue holds
  // everybody: then they wait connected, as with any server that has a queue of usual length.
  scenario: { tls: 'rsa-4096', users: 1500, connect_timeout_ms: 1500, backlog: 4096, rounds: 0 },
  after: [{ id: 'cpu-quota' }],
  claims: waitedForHandshakes,
  windowMs: handshakeWindowMs,
  judge(facts, claimed) {
    const busy = busyItem(facts);
    const more = [
      handshakeItem(facts),
      costItem(facts),
      predictionItem(facts),
      rateItem(facts),
      cpuItem(facts),
    ];
    const items = [busy, ...more.filter((one) => one !== undefined)];
    if (claimed === 0) {
      const unknown = waitOf(facts) !== undefined && busy.after === null;
      return unknown ? undecided(items) : bySeenClaims(facts, claimed, items);
    }
    return bySeenClaims(facts, claimed, [...items, stageItem(facts)]);
  },
  fix(facts, { tls, users }) {
    if (tls === 'off') return undefined;
    const key: Fix | undefined = tls === CHEAPEST ? undefined : change('tls', tls, CHEAPEST);
    return together([key, spread(facts, users, key ? 1 : COMFORTABLE)]);
  },
};

/** All users over the time that the server needs for them at so much of the measured rate. */
function spread(facts: Facts, users: number, part: number): Fix | undefined {
  const rate = rateOf(facts);
  if (rate === undefined) return undefined;
  const ms = Math.ceil(users / rate.each / part);
  return { change: `users spread over ${ms}ms (ramp)`, settings: { ramp: `${ms}ms` } };
}

/** Handshakes while users waited, by the gateway's samples; and for how long the most impatient waited. */
interface Rate {
  begun: number;
  done: number;
  own: number;
  ms: number;
  /** Handshakes a millisecond. */
  each: number;
  patienceMs: number;
}

function rateOf(facts: Facts): Rate | undefined {
  const wait = waitOf(facts);
  const tls = wait && facts.loop.tls(wait.from, wait.to);
  if (wait === undefined || tls === undefined || tls.begun === 0) return undefined;
  const ms = wait.to - wait.from;
  return { ...tls, ms, each: tls.begun / ms, patienceMs: patienceOf(facts) };
}

/** What the server did of TLS meanwhile, and what one handshake took. */
function handshakeItem(facts: Facts): Item | undefined {
  const rate = rateOf(facts);
  if (rate === undefined) return undefined;
  const { begun, done, own, ms, each } = rate;
  const says = `${count(begun, 'TLS handshake')} begun and ${done} completed in that time, ${Math.round(each * 1000)} a second, so ${duration(1 / each)} each; the gateway's own work on users took ${percent(own)} of the ${duration(ms)}`;
  const evidence = item('gateway lines', 'TLS handshakes begun', 0, begun, says);
  return expecting(evidence, 'a server that works on users itself spends most of its time in its own code');
}

/** Of a server that is not ours: what one handshake costs it, measured alone, and how many a second that is. */
function costItem(facts: Facts): Item | undefined {
  const wait = waitOf(facts);
  if (facts.userCost === undefined || wait === undefined) return undefined;
  const { handshakeMs, requestMs, each } = facts.userCost;
  const [one, rest] = [handshakeMs, requestMs].map((ms) => Math.round(ms * 100) / 100);
  const aSecond = Math.floor(1000 / (handshakeMs + requestMs));
  const secured = facts.loop.secured(wait.from, wait.to);
  const says = `a TLS handshake takes ${one} ms of CPU, the rest of a user ${rest} ms (${each} of each, one by one, before the load): ${aSecond} users a second on one core; ${secured} were through theirs in the ${duration(wait.to - wait.from)}`;
  const evidence = item('schedstat', 'CPU of one TLS handshake, ms', null, one ?? null, says);
  return expecting(evidence, 'the rest of a user takes more than its handshake');
}

/** How many can be served at that rate before they give up, beside how many were. */
function predictionItem(facts: Facts): Item | undefined {
  const { bottlenecks, loop, open } = facts;
  const pace = paceOf(facts);
  if (pace === undefined) return undefined;
  const predicted = loop.servedInTurn(pace.costMs, pace.patienceMs);
  const late = bottlenecks.length > 0 ? ', by robots that were late themselves' : '';
  const says = `at that rate, each in turn, ${count(predicted, 'user')} can be served within ${duration(pace.patienceMs)} (${SERVED_IN_TIME_LAW}): ${predicted} predicted, ${open} measured${late}`;
  return item('law', 'users served in time', predicted, open, says);
}

/** How long each user in turn takes, ms: of our gateway by its samples, of another server by what one user costs and the cores that it had. */
function paceOf(facts: Facts): { costMs: number; patienceMs: number } | undefined {
  const rate = rateOf(facts);
  if (rate !== undefined) return { costMs: 1 / rate.each, patienceMs: rate.patienceMs };
  const wait = waitOf(facts);
  const cores = wait && facts.loop.cpu(wait.from, wait.to);
  if (facts.userCost === undefined || wait === undefined || !cores) return undefined;
  const { handshakeMs, requestMs } = facts.userCost;
  return { costMs: (handshakeMs + requestMs) / cores, patienceMs: patienceOf(facts) };
}

/** For how long the most impatient of those who gave up waited, ms. */
function patienceOf({ failed }: Facts): number {
  return smallest(
    failed.flatMap(({ outcome, stage, endedMs = 0 }) =>
      outcome === 'timeout' && stage !== 'open' ? [endedMs] : [],
    ),
  );
}

/** How far those who gave up had come. */
function stageItem(facts: Facts): Item {
  const inTls = facts.failed.filter(({ outcome, stage }) => outcome === 'timeout' && stage === 'tls').length;
  const says = `${count(inTls, 'user')} connected, and gave up in the TLS handshake that the ${serverWord(facts)} had not come to, or not finished`;
  const gaveUp = item('robots', 'timed out in the TLS handshake', 0, inTls, says);
  return expecting(gaveUp, 'users have their TLS handshake behind them, and wait for the answer');
}
