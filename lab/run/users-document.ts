import { sumOf } from '../../common/numbers.ts';
import type { Facts } from '../facts/facts.ts';
import { joinGroups } from '../facts/user-groups.ts';
import type { Judged } from './judged.ts';

export interface UsersDocument {
  /** Those that are neither open nor failed were cut short by an interruption, or had not started. */
  asked: number;
  open: number;
  failed: number;
  by: Facts['by'];
}

export function usersDocument(facts: Facts): UsersDocument {
  return { asked: facts.asked, open: facts.open, failed: facts.failed.length, by: facts.by };
}

/** How users fared, those of all gateways together. */
export function usersOfAll({ gateways }: Judged): UsersDocument {
  const each = gateways.map(({ facts }) => usersDocument(facts));
  return each.length === 1
    ? (each[0] as UsersDocument)
    : {
        asked: sumOf(each, ({ asked }) => asked),
        open: sumOf(each, ({ open }) => open),
        failed: sumOf(each, ({ failed }) => failed),
        by: joinGroups(each.map(({ by }) => by)),
      };
}

/** How many failed after they were let in: then no number of users let in says how many would have had no failure. */
export function failedOnceOpen({ by }: UsersDocument): number {
  const cut = by.filter(({ outcome, stage }) => outcome !== 'open' && stage === 'open');
  return cut.reduce((sum, { count }) => sum + count, 0);
}
