import { type KindOfEnd, kindOfEnd } from '../facts/how-ended.ts';
import {
  byClaims,
  byRest,
  type Cause,
  expecting,
  type Facts,
  type Item,
  item,
  undecided,
} from './shared/cause.ts';
import {
  diedInPart,
  diedWithIt,
  diedWithSuch,
  exitItem,
  signsOfThisEnd,
  togetherItem,
  workerItems,
} from './shared/gateway-exit.ts';
import { killedForMemory } from './shared/killed-for-memory.ts';
import { EXIT_RESETS, traceItem } from './shared/trace-item.ts';

/** A process told to end may leave in order, but its users are cut all the same. */
const KILLS: ReadonlySet<KindOfEnd> = new Set<KindOfEnd>(['killed', 'asked']);

export const killed: Cause = {
  id: 'killed',
  title: 'another process ends the gateway by a signal: all sockets end at once, then users are refused',
  toldBy: 'gateway',
  looksLike: 'an end by a signal of another process, and users cut in that instant',
  under: 'app-timeout-or-panic',
  scenario: { kill_at_users: 150, users: 300, ramp: '1s', rounds: 0, hold_ms: 1000 },
  only: {
    runtimes: ['netns', 'native'],
    why: 'the lab can signal only its own processes; in a container the signal would also end the process that reports the end',
  },
  claims: (user, facts) =>
    (wasKilled(facts) === true && diedWithIt(user, facts)) || diedWithSuch(user, facts, KILLS),
  judge(facts, claimed) {
    const items = [
      expecting(exitItem(facts), 'the process is alive, or ended by itself'),
      ...signalItems(facts),
      ...workerItems(facts),
    ];
    if (claimed > 0)
      return byClaims(claimed, [...items, togetherItem(facts), ...traceItem(facts, EXIT_RESETS)]);
    if (wasKilled(facts) === undefined || diedInPart(facts, 'unknown')) return undecided(items);
    return byRest(claimed, items, wasKilled(facts) ? 'users cut in that instant' : undefined);
  },
  signs: (facts) => signsOfThisEnd(facts, wasKilled(facts), KILLS),
  fix(_facts, { kill_at_users }) {
    if (kill_at_users === 0) return undefined;
    const change = `nobody kills the gateway (kill_at_users ${kill_at_users} → 0)`;
    return { change, settings: { kill_at_users: 0 } };
  },
};

/** Did another process's signal end the gateway? Undefined: nobody knows how it ended. */
function wasKilled(facts: Facts): boolean | undefined {
  const { exit } = facts.gateway;
  if (exit === undefined || killedForMemory(facts) === true) return false;
  if (facts.sharedLimits?.memory) return undefined;
  const kind = kindOfEnd(exit.ended);
  return kind === undefined ? undefined : KILLS.has(kind);
}

/** Which signal, and from whom. */
function signalItems({ gateway: { exit } }: Facts): Item[] {
  const { signal, asked, sender, ownDoing, oom } = exit?.ended ?? {};
  const what = signal ?? asked;
  if (what === undefined || ownDoing || oom) return [];
  const from =
    sender?.name ??
    (sender?.pid === undefined
      ? 'an unknown process: root sees which (tracefs signal:signal_generate)'
      : `process ${sender.pid}`);
  const says = `${what}, sent by ${from}${sender?.name !== undefined && sender.pid !== undefined ? ` (pid ${sender.pid})` : ''}`;
  return [expecting(item('process', 'signal', null, what, says), 'no signal of another process')];
}
