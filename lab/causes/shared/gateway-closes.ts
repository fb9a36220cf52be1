import { count } from '../../../common/format.ts';
import type { CloseReason } from '../../../protocol/gateway-events.ts';
import {
  byClaims,
  expecting,
  type Facts,
  type Item,
  isUnmatched,
  item,
  type Judgement,
  type UserLine,
  undecided,
} from './cause.ts';

/** The reason that the gateway logged for this user's place. */
export function reasonFor(user: UserLine, { cuts }: Facts): CloseReason | undefined {
  return cuts.get(user)?.reason;
}

/** The server wrote no lines at all: it is not our gateway, or its lines were lost. */
export function isSilent({ gateway, cuts }: Facts): boolean {
  return gateway.samples === 0 && gateway.exit === undefined && cuts.size === 0;
}

/** The closes that the gateway logged for this reason, with the most frequent of its messages. */
export function reasonItem(facts: Facts, reason: CloseReason): Item {
  const closed = facts.gateway.byReason[reason] ?? 0;
  const words = facts.closing
    .words(reason)
    .slice(0, 3)
    .map(({ says, count }) => `${count} × “${says}”`);
  const more = words.length > 0 ? `: ${words.join(', ')}` : '';
  const says =
    closed === 0
      ? `the gateway closed no user with the reason ${reason}`
      : `the gateway closed ${count(closed, 'user')}${more}`;
  return expecting(
    item('gateway lines', `closes: ${reason}`, 0, closed, says),
    `no close line with the reason ${reason}`,
  );
}

/** What a cause that the gateway logs is judged by. */
export interface Told {
  reason: CloseReason;
  /** Whether a user may have failed by it, where the gateway's lines cannot say. */
  fits(user: UserLine): boolean;
  /** The robots see it too: without the gateway's lines, what they report is enough. */
  seen?: boolean;
  items: Item[];
}

/** Confirmed when the cause explains a user; not enough data where lines, or ports to match them by, are missing. Else refuted. */
export function byLines(facts: Facts, claimed: number, { reason, fits, seen, items }: Told): Judgement {
  if (claimed > 0) return byClaims(claimed, items);
  const told = facts.gateway.byReason[reason] ?? 0;
  const unmatched = told > 0 && facts.failed.some((user) => isUnmatched(user, facts) && fits(user));
  if (unmatched) {
    const says = 'the driver reports no port to match the closed users by';
    const missing = item('robots', 'users matched by port', null, 0, says);
    return undecided([...items, missing]);
  }
  if (!seen && isSilent(facts) && facts.failed.some(fits)) {
    const missing = item('gateway lines', 'lines', null, 0, 'the gateway wrote no lines');
    return undecided([...items, missing]);
  }
  return byClaims(0, items);
}
