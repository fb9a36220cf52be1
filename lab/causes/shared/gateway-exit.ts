import { count } from '../../../common/format.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { Facts } from '../../facts/facts.ts';
import { wasCutWith } from '../../facts/worker-ends.ts';
import { failedAt, item, serverWord } from './cause.ts';
import type { EvidenceItem } from './verdict-types.ts';

/** What the causes of a gateway's end have in common. */

/** Clocks of two processes and a batch of RSTs: what dies with the gateway dies within this. */
const WITH_THE_EXIT_MS = 500;

/** Cut by the gateway's end, or refused since. */
export function diedWithIt(user: UserLine, { gateway: { exit } }: Facts): boolean {
  return exit !== undefined && failedAt(user) >= exit.at - WITH_THE_EXIT_MS;
}

/** Cut by the end of one of the processes of a server that is not ours. */
export function diedWithWorker(user: UserLine, { outside }: Facts): boolean {
  return wasCutWith(user, outside?.workerEnds ?? []);
}

/** What ended while others lived. */
export function workerItems({ outside, failed }: Facts): EvidenceItem[] {
  const ends = outside?.workerEnds ?? [];
  if (ends.length === 0) return [];
  const cut = failed.filter((user) => wasCutWith(user, ends)).length;
  const says = `${count(ends.length, 'process')} of ${outside?.workers ?? '?'} ended during the load, and ${count(cut, 'user')} with it`;
  return [item('process', 'workers that ended', 0, ends.length, says)];
}

export function exitItem(facts: Facts): EvidenceItem {
  const { exit, errors } = facts.gateway;
  const { outside } = facts;
  const words = exit?.fatal === undefined ? '' : `, in its own words: ${exit.fatal}`;
  const says = exit
    ? `the ${serverWord(facts)} ended during the load: ${exit.how}${words}`
    : `alive to the end${outside ? '' : `, ${count(errors, 'error')} logged`}`;
  return item('process', 'exit', 'running', exit?.how ?? 'running', says);
}

/** How the users fared whom the end took. */
export function togetherItem(facts: Facts): EvidenceItem {
  const dead = facts.failed.filter((user) => diedWithIt(user, facts));
  const cut = dead.filter(({ stage }) => stage === 'open').length;
  const refused = dead.filter(({ outcome }) => outcome === 'refused').length;
  const rest = dead.length - cut - refused;
  const says = `${cut} open cut with it, ${refused} refused since, ${rest} on their way in`;
  return item('robots', `failed with the ${serverWord(facts)}`, 0, dead.length, says);
}
