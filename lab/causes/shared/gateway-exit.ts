import { count } from '../../../common/format.ts';
import { endInWords, type KindOfEnd, kindOfEnd } from '../../facts/how-ended.ts';
import { isNear, type PartEnd } from '../../facts/part-ends.ts';
import { WITH_THE_END_MS, wasCutWith } from '../../facts/worker-ends.ts';
import {
  byCount,
  contributing,
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
  unread,
  wasCut,
} from './cause.ts';
import { type Depth, surely, windowAt } from './depth.ts';

/** What the causes share in which the gateway's process ends. */

/** The user was cut by the gateway's end, or refused since. */
export function diedWithIt(user: UserLine, facts: Facts): boolean {
  return endDepth(user, facts) >= 0;
}

/** How that stands. */
export function endDepth(user: UserLine, { gateway: { exit } }: Facts): Depth {
  return exit === undefined ? surely(false) : failedAt(user) - (exit.at - WITH_THE_END_MS);
}

/** How near to its end that must be, for a cause of which such an end is the sign. */
export function endWindowMs(user: UserLine, facts: Facts): number | undefined {
  return windowAt(endDepth(user, facts), WITH_THE_END_MS);
}

/** The user was cut by the end of one process of a server that is not ours. */
export function diedWithWorker(user: UserLine, { outside }: Facts): boolean {
  return wasCutWith(user, outside?.workerEnds ?? []);
}

/** The same, for processes that ended in one of these ways. */
export function diedWithSuch(user: UserLine, facts: Facts, kinds: ReadonlySet<KindOfEnd>): boolean {
  const { gateway, connectionOf } = facts;
  if (gateway.exit !== undefined || !wasCut(user)) return false;
  return partsOf(facts).some((part) => {
    const { pid, how, byPid } = part;
    const kind = kindOfEnd(how);
    if (kind === undefined || !kinds.has(kind) || !isNear(failedAt(user), part)) return false;
    const told = byPid ? connectionOf(user)?.pid?.is : undefined;
    return told === undefined || told === pid;
  });
}

/** Processes that ended with their users, without those that were replaced on purpose: that is a restart. */
function partsOf({ outside }: Facts): PartEnd[] {
  const wished = new Set(
    outside?.turnovers.flatMap(({ ended, violent }) => (ended === undefined || violent ? [] : ended)),
  );
  return outside?.partEnds.filter((part) => !part.left && !wished.has(part)) ?? [];
}

/** Did some processes of the server end with their users, while the server lived on? `unknown`: in a way that is not known. */
export function diedInPart(facts: Facts, kind: 'any' | 'unknown' = 'any'): boolean {
  const { outside, gateway } = facts;
  if (gateway.exit !== undefined || (outside?.workerEnds.length ?? 0) === 0) return false;
  if (kind === 'any') return true;
  const parts = outside?.partEnds.filter(({ left }) => !left) ?? [];
  return parts.length === 0 || parts.some(({ how }) => kindOfEnd(how) === undefined);
}

/** The evidence lists this many ends one by one. */
const MOST_TOLD = 3;

/** The processes that ended while others lived. */
export function workerItems(facts: Facts): Item[] {
  const { outside, failed, gateway } = facts;
  const ends = outside?.workerEnds ?? [];
  if (ends.length === 0 || gateway.exit !== undefined) return [];
  const cut = failed.filter((user) => wasCutWith(user, ends)).length;
  const who = facts.asked > 0 ? `${count(cut, 'user')} were cut` : 'connections were cut';
  const number = outside?.partEnds.length || ends.length;
  const says = `${count(number, 'process')} of ${outside?.workers ?? '?'} ended during the load, and ${who} with that`;
  return [
    item('process', 'workers that ended', 0, number, says),
    ...(outside?.partEnds ?? []).slice(0, MOST_TOLD).map(partItem),
  ];
}

/** How one process ended, and how many connections ended with it. */
export function partItem({ pid, name, how, cut, byPid, replaced }: PartEnd): Item {
  const whose = byPid ? 'its own' : 'at the same moment';
  const after = replaced ? '; another process took its place' : '';
  const says = `${name ?? 'process'} (pid ${pid}) ended, ${endInWords(how)}; ${count(cut, 'connection')} cut (${whose})${after}`;
  return item(
    'process',
    `end of ${pid}`,
    'running',
    how?.signal ?? (how?.code === undefined ? 'gone' : `exit code ${how.code}`),
    says,
  );
}

/** Processes that were stopped, and served nobody in that time. */
export function stoppedItems({ outside }: Facts): Item[] {
  return (outside?.stoppedWorkers ?? []).slice(0, MOST_TOLD).map(({ pid, name, ms, by }) => {
    const from =
      by?.name === undefined
        ? ''
        : `, by SIGSTOP from ${by.name}${by.pid === undefined ? '' : ` (pid ${by.pid})`}`;
    const says = `${name ?? 'process'} (pid ${pid}) was stopped (state T) for ${Math.round(ms)} ms${from}, and served nobody`;
    return item('process', `state of ${pid}`, 'running', 'T', says);
  });
}

export function exitItem(facts: Facts): Item {
  const part = endedInPartItem(facts);
  if (part) return part;
  const { exit, errors } = facts.gateway;
  const { outside } = facts;
  const words = exit?.fatal === undefined ? '' : `; it logged: ${exit.fatal}`;
  const says = exit
    ? `the ${serverWord(facts)} ended during the load: ${exit.how}${words}`
    : `the ${serverWord(facts)} was alive to the end${outside ? '' : `, ${count(errors, 'error')} logged`}`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}

/** Some processes of the server ended, and the server did not; undefined: none did, or the server ended. */
export function endedInPartItem({ gateway: { exit, processes } }: Facts): Item | undefined {
  if (exit !== undefined || !processes?.ended) return undefined;
  const { seen, ended } = processes;
  const says = `${ended} of the ${count(seen, 'process')} seen ended; the server did not, since others lived on or took their place`;
  return item('process', 'exit', 'running', `${ended} of ${seen} ended`, says);
}

/** How the users failed that the end took with it. */
export function togetherItem(facts: Facts): Item {
  const dead = facts.failed.filter((user) => diedWithIt(user, facts) || diedWithWorker(user, facts));
  const cut = dead.filter(({ stage }) => stage === 'open').length;
  const refused = dead.filter(({ outcome }) => outcome === 'refused').length;
  const rest = dead.length - cut - refused;
  const says = `${cut} open users cut, ${refused} refused since, ${rest} cut before they were open`;
  return item('robots', `failed with the ${serverWord(facts)}`, 0, dead.length, says);
}

/** A health check that repeats is refused a few times. If lower, the end of a server that nobody uses counts as a failure. */
const MANY_REFUSED = 5;

const OWN_DOING = 'not read: only the server itself knows what it does to its users on purpose';

/** The server's end, in whatever way, by the server's side alone. */
export function signsOfTheEnd(facts: Facts): Signs {
  const { outside, gateway } = facts;
  // The end of a process can be seen even by a user who may not read the process.
  if (outside?.workers === 0 && gateway.exit === undefined)
    return uncounted(undecided([unread('process', 'exit')]));
  const {
    endedWith = 0,
    refusedSince = 0,
    failedAtEnd = 0,
    failed,
    incomplete,
    resetsAround = 0,
    closedFirst = 0,
  } = outside ?? {};
  const items = [expecting(exitItem(facts), 'the process is alive to the end'), ...stoppedItems(facts)];
  if (gateway.exit === undefined) {
    // Nothing else of what a program does to its users can be seen from outside.
    // Without a record of single connections: no connection at all was reset or closed by the server.
    const none = failed ? failed.length === 0 && !incomplete : resetsAround + closedFirst === 0;
    const stopped = (outside?.stoppedWorkers.length ?? 0) > 0;
    // When one process ends, the kernel may close its connections as if in good order.
    if (none && !gateway.processes?.abruptly && !stopped) return byCount(0, items);
    const withWorkers = facts.asked > 0 ? 0 : (outside?.endedWithWorkers ?? 0);
    if (withWorkers > 0) {
      const says = `${count(withWorkers, 'connection')} of the server ended with ${count(outside?.partEnds.length ?? 0, 'process')} of it`;
      return byCount(withWorkers, [
        ...items,
        item('ledger', 'ended with a process', 0, withWorkers, says),
        ...(outside?.partEnds ?? []).slice(0, MOST_TOLD).map(partItem),
      ]);
    }
    const silent = item('the server', 'its own log', null, null, OWN_DOING);
    return uncounted(undecided([...items, silent]));
  }
  const says = `${count(endedWith, 'connection')} ended with the server`;
  items.push(item('connections', 'connections', endedWith, 0, says));
  if (refusedSince > 0) {
    const refused = `${count(refusedSince, 'connect')} refused since the server ended`;
    items.push(item('the kernel', 'refused since', 0, refusedSince, refused));
  }
  if (endedWith === 0 && refusedSince < MANY_REFUSED) return uncounted(contributing(items));
  if (failed && failedAtEnd > 0)
    items.push(
      item(
        'ledger',
        'reset or turned away with it',
        0,
        failedAtEnd,
        `${count(failedAtEnd, 'connection')} reset or turned away as the server ended`,
      ),
    );
  return byCount(Math.max(endedWith, failedAtEnd) + refusedSince, items);
}

const unknownEnd = item(
  'process',
  'wait status',
  null,
  null,
  'not known: only the parent of a process learns how it ended; watch as root, or read its log, its supervisor or dmesg',
);

/** The same, for a cause that depends on how the server ended. `fits`: the end of the whole server is this cause; undefined: not known. */
export function signsOfThisEnd(
  facts: Facts,
  fits: boolean | undefined,
  kinds: ReadonlySet<KindOfEnd>,
): Signs {
  const end = signsOfTheEnd(facts);
  const { exit, processes } = facts.gateway;
  if (exit === undefined && facts.outside?.workers === 0) return end;
  if (exit === undefined && processes?.ended) return signsOfParts(facts, end, kinds);
  if (fits === true && end.verdict !== 'insufficient-data') return end;
  if (end.for.length === 0) return byCount(0, end.against);
  if (fits === false) return byCount(0, end.for);
  return uncounted(undecided([...end.for, unknownEnd]));
}

/** By the way in which the processes ended that took users with them. */
function signsOfParts(facts: Facts, end: Signs, kinds: ReadonlySet<KindOfEnd>): Signs {
  const all = [...end.for, ...end.against];
  const parts = partsOf(facts);
  const mine = parts.filter(({ how }) => kinds.has(kindOfEnd(how) as KindOfEnd));
  if (mine.length > 0) {
    const cut = mine.reduce((sum, part) => sum + part.cut, 0);
    const ends = [...new Set(mine.flatMap((part) => part.ends))];
    return { ...byCount(cut, [exitItem(facts), ...mine.slice(0, MOST_TOLD).map(partItem)]), ends };
  }
  const cutting = facts.outside?.partEnds ?? [];
  const known = cutting.length > 0 && cutting.every(({ how }) => kindOfEnd(how) !== undefined);
  if (known) return byCount(0, [exitItem(facts), ...cutting.slice(0, MOST_TOLD).map(partItem)]);
  // These processes took nobody with them: they had handed their connections on.
  if (cutting.length === 0 && !facts.gateway.processes?.abruptly) return byCount(0, [exitItem(facts)]);
  return uncounted(undecided([...all, unknownEnd]));
}
