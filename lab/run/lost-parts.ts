import { count } from '../../common/format.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { LostPart } from '../evidence/lab-lines.ts';
import type { PartClock } from '../runtimes/runtime.ts';

/** The parts that a load has lost, numbered from 1; undefined: none. */
export function lostOfAll(evidences: readonly Evidence[]): LostPart[] | undefined {
  const lost = evidences.flatMap(({ lostParts = [] }) => lostParts);
  return lost.length === 0 ? undefined : lost.map((part) => ({ ...part, number: part.number + 1 }));
}

/** The clocks of parts on other machines, numbered from 1; undefined: all have the lab's own. */
export function clocksOfAll(evidences: readonly Evidence[]): PartClock[] | undefined {
  const clocks = evidences.find((evidence) => evidence.clocks)?.clocks;
  return clocks?.map((clock) => ({ ...clock, number: clock.number + 1 }));
}

/** What a lost part takes from a run, numbered from 1, in one line. */
export function lostInWords({ role, number, where, how, users }: LostPart): string {
  const on = where === undefined ? '' : ` on ${where}`;
  if (role === 'gateway') return `gateway ${number}${on} (${how}): what it did since is not known`;
  const whose = users === 1 ? 'its 1 user is' : `its ${count(users, 'user')} are`;
  return `fleet ${number}${on} (${how}): ${whose} not judged`;
}

/** The same of all that a run has lost. */
export function allLostInWords(lost: readonly LostPart[]): string {
  return `lost ${lost.map(lostInWords).join('; ')}`;
}
