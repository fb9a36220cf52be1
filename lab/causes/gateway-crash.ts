import { type KindOfEnd, kindOfEnd } from '../facts/how-ended.ts';
import { byClaims, byRest, type Cause, expecting, type Facts, undecided } from './shared/cause.ts';
import {
  diedInPart,
  diedWithIt,
  diedWithSuch,
  endWindowMs,
  exitItem,
  signsOfThisEnd,
  togetherItem,
  workerItems,
} from './shared/gateway-exit.ts';
import { EXIT_RESETS, traceItem } from './shared/trace-item.ts';

const CRASHES: ReadonlySet<KindOfEnd> = new Set<KindOfEnd>(['crash']);

export const gatewayCrash: Cause = {
  id: 'gateway-crash',
  title: 'the gateway crashes by an error of its own: all sockets end at once, then users are refused',
  toldBy: 'gateway',
  looksLike: 'an exit with an error, and all users cut in that instant',
  under: 'app-timeout-or-panic',
  scenario: { crash_at_users: 150, users: 300, rounds: 0 },
  claims: (user, facts) => (crashed(facts) && diedWithIt(user, facts)) || diedWithSuch(user, facts, CRASHES),
  windowMs: (user, facts) => (crashed(facts) ? endWindowMs(user, facts) : undefined),
  judge(facts, claimed) {
    const exit = expecting(exitItem(facts), 'the process is alive to the end of the load');
    // One process ended with its users, and only its parent knows how.
    if (claimed === 0 && diedInPart(facts, 'unknown')) return undecided([exit, ...workerItems(facts)]);
    if (claimed === 0) return byRest(claimed, [exit, ...workerItems(facts)], lacking(facts));
    return byClaims(claimed, [
      exit,
      ...workerItems(facts),
      expecting(togetherItem(facts), 'users fail one by one, at different times'),
      ...traceItem(facts, EXIT_RESETS),
    ]);
  },
  signs(facts) {
    const { exit } = facts.gateway;
    const known = exit !== undefined && (exit.code !== null || exit.signal !== null);
    return signsOfThisEnd(facts, known ? crashed(facts) : undefined, CRASHES);
  },
  fix(_facts, { crash_at_users }) {
    if (crash_at_users === 0) return undefined;
    const change = `an error listener that catches it (crash_at_users ${crash_at_users} → 0)`;
    return { change, settings: { crash_at_users: 0 } };
  },
};

function lacking(facts: Facts): string | undefined {
  if (facts.gateway.exit === undefined) return undefined;
  return crashed(facts) ? 'users cut in that instant' : 'an end by an error of its own';
}

/** The gateway ended with an error code, or by a signal of its own: nobody sent it one, and it did not leave in order. */
function crashed({ gateway: { exit } }: Facts): boolean {
  return kindOfEnd(exit?.ended) === 'crash';
}
