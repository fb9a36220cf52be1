import { count } from '../../common/format.ts';
import {
  busyItem,
  busyWindowMs,
  cpuItem,
  rateItem,
  waitedForBusyLoop,
  waitOf,
} from './shared/busy-gateway.ts';
import {
  byClaims,
  bySeenClaims,
  type Cause,
  expecting,
  item,
  serverWord,
  undecided,
} from './shared/cause.ts';

/** Users are sent at this part of the measured rate: a loop at its limit has no time for anything else. */
const COMFORTABLE = 0.7;

export const slowAccept: Cause = {
  id: 'slow-accept',
  title: "the gateway's event loop is busy with one user after another, and answers the others too late",
  toldBy: 'gateway',
  looksLike:
    'a server at work for the whole time that users waited, and one user after another that became open',
  under: 'app-timeout-or-panic',
  scenario: { handshake_cost_ms: 20, users: 200, connect_timeout_ms: 1500, rounds: 0 },
  // A server held back by a quota is at work all the time as well.
  after: [{ id: 'cpu-quota' }, { id: 'tls-handshake' }],
  // Also a user for whom the accept queue had no room: the loop accepted as many as it could, all the time.
  claims: waitedForBusyLoop,
  windowMs: busyWindowMs,
  judge(facts, claimed) {
    const wait = waitOf(facts);
    const busy = busyItem(facts);
    if (wait === undefined) return byClaims(claimed, [busy]);
    const items = [busy, ...[rateItem(facts), cpuItem(facts)].filter((one) => one !== undefined)];
    if (claimed === 0) return busy.after === null ? undecided(items) : bySeenClaims(facts, claimed, items);
    const says = `${count(claimed, 'user')} gave up while the ${serverWord(facts)} served others`;
    const gaveUp = item('robots', 'timed out before the upgrade', 0, claimed, says);
    return byClaims(claimed, [...items, expecting(gaveUp, 'no time-outs once the server has caught up')]);
  },
  fix(facts, { handshake_cost_ms: cost, users }) {
    if (cost > 0) {
      const change = `the work of a handshake off the event loop (handshake_cost_ms ${cost} → 0)`;
      return { change, settings: { handshake_cost_ms: 0 } };
    }
    const wait = waitOf(facts);
    const served = wait === undefined ? 0 : facts.loop.served(wait.from, wait.to).users;
    if (wait === undefined || served === 0) return undefined;
    const ramp = `${Math.ceil((users * (wait.to - wait.from)) / served / COMFORTABLE)}ms`;
    return { change: `users spread over ${ramp} (ramp)`, settings: { ramp } };
  },
};
