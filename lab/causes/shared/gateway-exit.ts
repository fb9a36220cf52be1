import { count } from '../../../common/format.ts';
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
} from './cause.ts';

/** What the causes of a gateway's end have in common. */

/** Cut by the gateway's end, or refused since. */
export function diedWithIt(user: UserLine, { gateway: { exit } }: Facts): boolean {
  return exit !== undefined && failedAt(user) >= exit.at - WITH_THE_END_MS;
}

/** Cut by the end of one of the processes of a server that is not ours. */
export function diedWithWorker(user: UserLine, { outside }: Facts): boolean {
  return wasCutWith(user, outside?.workerEnds ?? []);
}

/** Did some of its processes end with their users, and the server not? */
export function diedInPart({ outside, gateway }: Facts): boolean {
  return gateway.exit === undefined && (outside?.workerEnds.length ?? 0) > 0;
}

/** What ended while others lived. */
export function workerItems({ outside, failed }: Facts): Item[] {
  const ends = outside?.workerEnds ?? [];
  if (ends.length === 0) return [];
  const cut = failed.filter((user) => wasCutWith(user, ends)).length;
  const says = `${count(ends.length, 'process')} of ${outside?.workers ?? '?'} ended during the load, and ${count(cut, 'user')} with it`;
  return [item('process', 'workers that ended', 0, ends.length, says)];
}

export function exitItem(facts: Facts): Item {
  const part = endedInPartItem(facts);
  if (part) return part;
  const { exit, errors } = facts.gateway;
  const { outside } = facts;
  const words = exit?.fatal === undefined ? '' : `, in its own words: ${exit.fatal}`;
  const says = exit
    ? `the ${serverWord(facts)} ended during the load: ${exit.how}${words}`
    : `alive to the end${outside ? '' : `, ${count(errors, 'error')} logged`}`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}

/** Processes of it ended, and it did not; undefined: it is not so. */
export function endedInPartItem({ gateway: { exit, processes } }: Facts): Item | undefined {
  if (exit !== undefined || !processes?.ended) return undefined;
  const { seen, ended } = processes;
  const says = `${ended} of the ${count(seen, 'process')} seen ended meanwhile, and the server did not: others of it lived, or came after them`;
  return item('process', 'exit', 'running', `${ended} of ${seen} ended`, says);
}

/** How the users fared whom the end took. */
export function togetherItem(facts: Facts): Item {
  const dead = facts.failed.filter((user) => diedWithIt(user, facts));
  const cut = dead.filter(({ stage }) => stage === 'open').length;
  const refused = dead.filter(({ outcome }) => outcome === 'refused').length;
  const rest = dead.length - cut - refused;
  const says = `${cut} open cut with it, ${refused} refused since, ${rest} on their way in`;
  return item('robots', `failed with the ${serverWord(facts)}`, 0, dead.length, says);
}

const OWN_DOING = 'what it does to its users of its own accord it alone can tell';

/** The server's end, however it came, by what the server shows alone. */
export function signsOfTheEnd(facts: Facts): Signs {
  const { outside, gateway } = facts;
  // The process that was named is seen to end, also by a user who may not look into it.
  if (outside?.workers === 0 && gateway.exit === undefined)
    return uncounted(undecided([unread('process', 'exit')]));
  const {
    endedWith = 0,
    failedAtEnd = 0,
    failed,
    incomplete,
    resetsAround = 0,
    closedFirst = 0,
  } = outside ?? {};
  const items = [expecting(exitItem(facts), 'the process is alive to the end')];
  if (gateway.exit === undefined) {
    // Nothing else of what a program does to its users can be seen from outside.
    // Where nobody told of single connections: none were reset, or closed by it, at all.
    const none = failed ? failed.length === 0 && !incomplete : resetsAround + closedFirst === 0;
    // Whom a process had that ended alone its kernel closed as in good order.
    if (none && !gateway.processes?.abruptly) return byCount(0, items);
    const withWorkers = facts.asked > 0 ? 0 : (outside?.endedWithWorkers ?? 0);
    if (withWorkers > 0) {
      const says = `${count(withWorkers, 'connection')} that it had held ended with ${count(outside?.workerEnds.length ?? 0, 'process')} of it`;
      return byCount(withWorkers, [...items, item('ledger', 'ended with a process', 0, withWorkers, says)]);
    }
    const silent = item('the server', 'its own log', null, null, OWN_DOING);
    return uncounted(undecided([...items, silent]));
  }
  const says = `${count(endedWith, 'connection')} ended with it`;
  items.push(item('connections', 'connections', endedWith, 0, says));
  if (endedWith === 0) return uncounted(contributing(items));
  if (failed && failedAtEnd > 0)
    items.push(
      item('ledger', 'reset or turned away with it', 0, failedAtEnd, `${failedAtEnd} of them not in order`),
    );
  return byCount(Math.max(endedWith, failedAtEnd), items);
}

const unknownEnd = item(
  'process',
  'wait status',
  null,
  null,
  'how a process of somebody else ended only its parent is told: see its log, its supervisor or dmesg',
);

/** The same, where how it ended tells which cause it is. Undefined: that is not known. */
export function signsOfThisEnd(facts: Facts, fits: boolean | undefined): Signs {
  const end = signsOfTheEnd(facts);
  const { exit, processes } = facts.gateway;
  if (exit === undefined && facts.outside?.workers === 0) return end;
  if (exit === undefined && processes?.abruptly)
    return uncounted(undecided([...end.for, ...end.against, unknownEnd]));
  if (fits === true && end.verdict !== 'insufficient-data') return end;
  if (end.for.length === 0) return byCount(0, end.against);
  if (fits === false) return byCount(0, end.for);
  return uncounted(undecided([...end.for, unknownEnd]));
}
