import { count } from '../../common/format.ts';
import type { KindOfEnd } from '../facts/how-ended.ts';
import {
  byClaims,
  byRest,
  type Cause,
  change,
  expecting,
  type Facts,
  type Item,
  item,
  serverWord,
  undecided,
  unread,
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
import { sharedItem } from './shared/shared-item.ts';
import { EXIT_RESETS, traceItem } from './shared/trace-item.ts';

const MB = 2 ** 20;

/** A limit that is just enough today is reached again tomorrow. */
const TO_SPARE = 1.5;

const KILLS: ReadonlySet<KindOfEnd> = new Set<KindOfEnd>(['memory']);

export const memoryKill: Cause = {
  id: 'memory-kill',
  title: 'the kernel kills the gateway at its memory limit (OOM): all sockets end at once',
  toldBy: 'gateway',
  looksLike: 'SIGKILL, and oom_kill of its cgroup grows',
  under: 'app-timeout-or-panic',
  scenario: { memory_mb: 96, user_kb: 512, users: 250, rounds: 0 },
  claims: (user, facts) =>
    (killedForMemory(facts) === true && diedWithIt(user, facts)) || diedWithSuch(user, facts, KILLS),
  judge(facts, claimed) {
    const exit = expecting(exitItem(facts), 'the process is alive, or ended by a code of its own');
    const items = [exit, killsItem(facts), peakItem(facts)];
    if (claimed === 0 && killedForMemory(facts) === undefined)
      return undecided([...sharedItem(facts, 'memory'), ...items]);
    if (claimed === 0 && diedInPart(facts, 'unknown')) return undecided([...items, ...workerItems(facts)]);
    if (claimed === 0) return byRest(claimed, items, lacking(facts));
    return byClaims(claimed, [
      ...items,
      ...workerItems(facts),
      togetherItem(facts),
      ...traceItem(facts, EXIT_RESETS),
    ]);
  },
  signs(facts) {
    const { exit } = facts.gateway;
    const known = exit !== undefined && (exit.code !== null || exit.signal !== null || exit.oomKills === 0);
    return signsOfThisEnd(facts, known ? killedForMemory(facts) : undefined, KILLS);
  },
  fix({ memory }, settings) {
    if (memory?.limit === undefined || memory.opened === 0) return undefined;
    // The limit was reached with these open users: that gives the memory of one. Not all memory resident at start is charged to the cgroup.
    const base = Math.min(memory.atRest, memory.limit / 2);
    const eachBytes = (memory.limit - base) / memory.opened;
    const needed = ((base + eachBytes * settings.users) / MB) * TO_SPARE;
    const before = Math.round(memory.limit / MB);
    let raised = before;
    while (raised < needed) raised *= 2;
    return raised === before ? undefined : change('memory_mb', before, raised);
  },
};

function lacking(facts: Facts): string | undefined {
  if (facts.gateway.exit?.signal !== 'SIGKILL') return undefined;
  return killedForMemory(facts) ? 'users cut in that instant' : 'oom_kill of its cgroup grows';
}

function killsItem(facts: Facts): Item {
  const { exit } = facts.gateway;
  const kills = exit?.oomKills;
  const name = 'memory cgroup, oom_kill';
  if (exit === undefined)
    return item('OOM kills', name, 0, null, `not read: the ${serverWord(facts)} did not end`);
  if (kills === undefined) return item('OOM kills', name, 0, null, 'could not be read');
  const says =
    kills > 0
      ? `the kernel killed ${count(kills, 'process')} of this cgroup: its memory limit was reached`
      : 'the kernel killed no process of this cgroup for want of memory';
  return expecting(
    item('OOM kills', name, 0, kills, says),
    'a SIGKILL of another process is not counted here',
  );
}

function peakItem({ memory }: Facts): Item {
  const mb = (bytes: number) => Math.round(bytes / MB);
  if (memory === undefined) return unread('stat', 'memory (MiB)');
  const { atRest, peak, limit, opened } = memory;
  const of = limit === undefined ? 'with no limit' : `of ${mb(limit)} MiB allowed`;
  const says = `at most ${mb(peak)} MiB in use, ${of}, after ${count(opened, 'user')} became open`;
  return item('stat', 'memory (MiB)', mb(atRest), mb(peak), says, limit === undefined ? limit : mb(limit));
}
