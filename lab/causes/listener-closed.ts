import { count, duration } from '../../common/format.ts';
import type { ClosedListener } from '../facts/closed-listeners.ts';
import {
  byClaims,
  byCount,
  byRest,
  type Cause,
  expecting,
  type Facts,
  failedAt,
  type Item,
  item,
  type Signs,
  serverWord,
  type UserLine,
  uncounted,
  undecided,
  wasCut,
} from './shared/cause.ts';
import { type Depth, deepest, depthBetween, surely, windowAt } from './shared/depth.ts';
import { untoldItem } from './shared/ledger-items.ts';

/** The slack between two clocks of one machine, and two samples of the listener, ms. */
const CLOCKS_MS = 200;

export const listenerClosed: Cause = {
  id: 'listener-closed',
  title: 'the gateway closes its listener and lives on: open users stay, new users are refused',
  toldBy: 'gateway',
  looksLike: 'no listener on the port, a process that lives on with its users, and new users refused',
  under: 'app-timeout-or-panic',
  scenario: { unlisten_at_users: 150, users: 300, ramp: '1s', rounds: 0, hold_ms: 1500 },
  claims: (user, facts) => closedDepth(user, facts) >= 0,
  windowMs: (user, facts) => windowAt(closedDepth(user, facts), CLOCKS_MS),
  judge(facts, claimed) {
    const times = closedTimes(facts);
    const items = [listenerItem(facts, times), aliveItem(facts)];
    if (claimed === 0 && facts.gateway.exit === undefined && times.length === 0) return byClaims(0, items);
    return byRest(claimed, items, times.length > 0 ? 'users refused since' : undefined);
  },
  signs(facts) {
    const { outside } = facts;
    if (outside === undefined) return uncounted(undecided([listenerItem(facts, [])]));
    const times = outside.closedListeners;
    if (times.length === 0) return byCount(0, [listenerItem(facts, [])]);
    return signsOf(facts, times);
  },
  fix(_facts, { unlisten_at_users }) {
    if (unlisten_at_users === 0) return undefined;
    const change = `the listener stays open although accept(2) fails (unlisten_at_users ${unlisten_at_users} → 0)`;
    return { change, settings: { unlisten_at_users: 0 } };
  },
};

/** Whether the user was refused since the listener closed, or thrown out of its queue. */
function closedDepth(user: UserLine, facts: Facts): Depth {
  const at = failedAt(user);
  const depths = closedTimes(facts).map(({ from, goneBy, to = Number.POSITIVE_INFINITY, beside }) => {
    const [since, until] = [from - CLOCKS_MS, to + CLOCKS_MS];
    if (user.outcome === 'refused') return beside ? surely(false) : depthBetween(at, since, until);
    // Connections in its queue are reset with the listener.
    const thrown = wasCut(user) && user.stage !== 'open';
    return thrown ? depthBetween(at, since, Math.min(until, goneBy + WITH_IT_MS)) : surely(false);
  });
  return deepest(depths);
}

/** Robots report connections that are reset with a listener within this, ms. */
const WITH_IT_MS = 300;

/** The kernel's table shows the listener closed. It failed the users thrown out of its queue, and those refused since. */
function signsOf(facts: Facts, times: readonly ClosedListener[]): Signs {
  const ends = [...new Set(times.flatMap(({ thrown }) => thrown))];
  const refused = times.reduce((sum, one) => sum + (one.refused ?? 0), 0);
  const told = times.every(({ refused, beside }) => beside || refused !== undefined);
  const around = times.reduce((sum, { resetsAround }) => sum + resetsAround, 0);
  const items = [listenerItem(facts, times), aliveItem(facts)];
  if (ends.length > 0)
    items.push(
      item(
        'ledger',
        'thrown out of its queue',
        0,
        ends.length,
        `${count(ends.length, 'connection')} in the listener's queue reset with it`,
      ),
    );
  if (told && refused > 0)
    items.push(
      item(
        'trace',
        'refused since',
        0,
        refused,
        `${count(refused, 'connect')} refused by the server's kernel, because nobody listened`,
      ),
    );
  const counted = ends.length + refused;
  if (counted > 0) return { ...byCount(counted, items), ends };
  // No user is known to have arrived.
  if (told || around === 0 || facts.outside === undefined)
    return uncounted({ verdict: 'contributing', for: items, against: [] });
  const says = `${untoldItem(facts.outside).says}; only root sees which users are refused (tracefs)`;
  return uncounted({
    verdict: 'confirmed',
    for: [...items, item('ledger', 'refused since', 0, null, says)],
    against: [],
  });
}

function closedTimes({ outside, gateway }: Facts): readonly Times[] {
  if (outside !== undefined) return outside.closedListeners;
  return gateway.unlistened ? [gateway.unlistened] : [];
}

type Times = Pick<ClosedListener, 'from' | 'goneBy' | 'to' | 'beside' | 'users' | 'forMs'>;

function listenerItem(facts: Facts, times: readonly Times[]): Item {
  const [first] = times;
  if (first === undefined && (facts.outside?.givenUp.length ?? 0) > 0)
    return item(
      'listeners',
      'listener',
      1,
      0,
      'the listener was given up for want of descriptors: then that is the cause',
    );
  if (first === undefined)
    return item(
      'listeners',
      'listener',
      1,
      1,
      'no sample shows the listener closed for long while its process lived',
    );
  const { to, forMs, users, beside } = first;
  const until = to === undefined ? 'and was not open again' : `for ${duration(forMs)}`;
  const rest = beside ? 'other listeners of it stayed open' : `${count(users, 'connection')} stayed open`;
  const says = `the listener of the ${serverWord(facts)} was closed ${until}; ${rest}`;
  return expecting(item('listeners', 'listener', 1, 0, says), 'a listener on the port all the time');
}

function aliveItem(facts: Facts): Item {
  const { exit } = facts.gateway;
  const server = serverWord(facts);
  const says = exit ? `the ${server} ended: ${exit.how}` : `the ${server} lived on: no crash, no restart`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}
