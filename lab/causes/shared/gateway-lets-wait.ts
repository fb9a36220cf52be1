import { count, duration } from '../../../common/format.ts';
import type { Span } from '../../facts/gateway-waits.ts';
import { connectedNotOpen } from '../../facts/stages.ts';
import {
  byClaims,
  expecting,
  type Facts,
  failedAt,
  type Item,
  item,
  type Judgement,
  type UserLine,
} from './cause.ts';
import { type Depth, surely, windowAt } from './depth.ts';
import { ALL_IN_USE, descriptorsItem } from './no-descriptor.ts';

/** What the causes share in which our own gateway lets users wait although it has time for them. */

/** The user gave up, and this span covers half of its wait or more. */
function waitedIn(user: UserLine, span: Span | undefined): boolean {
  return waitDepth(user, span) >= 0;
}

function waitDepth(user: UserLine, span: Span | undefined): Depth {
  if (span === undefined || user.outcome !== 'timeout' || user.stage === 'open') return surely(false);
  const [from, to] = [user.startedAt, failedAt(user)];
  return Math.min(to, span.to) - Math.max(from, span.from) - halfOfItsWaitMs(user);
}

function halfOfItsWaitMs({ endedMs = 0 }: UserLine): number {
  return endedMs / 2;
}

/** The user's connection was accepted, and its turn did not come. */
export function heldOffBy(user: UserLine, { waits }: Facts): boolean {
  return waitedIn(user, waits.heldOff) && connectedNotOpen(user.stage);
}

/** The user was in the accept queue, or found it full, and the gateway no longer called accept(2). */
export function forsakenBy(user: UserLine, { waits }: Facts): boolean {
  return waitedIn(user, waits.forsaken);
}

/** How near in time its wait and the gateway's must be: the part of it that the gateway's must cover. */
export function heldOffWindowMs(user: UserLine, { waits }: Facts): number | undefined {
  if (!connectedNotOpen(user.stage)) return undefined;
  return windowAt(waitDepth(user, waits.heldOff), halfOfItsWaitMs(user));
}

/** The same where nobody was accepted. */
export function forsakenWindowMs(user: UserLine, { waits }: Facts): number | undefined {
  return windowAt(waitDepth(user, waits.forsaken), halfOfItsWaitMs(user));
}

export function heldOffItem(facts: Facts, claimed: number): Judgement {
  const { heldOff } = facts.waits;
  const name = 'accepted, and waiting for their turn';
  if (heldOff === undefined)
    return byClaims(claimed, [item('gateway lines', name, 0, 0, 'no connection had to wait for its turn')]);
  const { from, to, most, served } = heldOff;
  const says = `up to ${count(most, 'connection')} waited for ${duration(to - from)} while ${served} were served, never more`;
  const waited = item('gateway lines', name, 0, most, says, served);
  return byClaims(claimed, [expecting(waited, 'no connection waits for its turn'), ...whatElse(facts)]);
}

export function forsakenItem(facts: Facts, claimed: number): Judgement {
  const { forsaken } = facts.waits;
  const name = 'in the accept queue, never taken';
  if (forsaken === undefined)
    return byClaims(claimed, [
      item(
        'accept queue',
        name,
        0,
        0,
        'no connection waited in the queue for a second while the loop had time and accepted none',
      ),
    ]);
  const { from, to, most, accepted } = forsaken;
  const says = `up to ${count(most, 'connection')} waited for ${duration(to - from)}; accept(2) accepted none after the first ${accepted}, though the loop had time`;
  const waited = item('accept queue', name, 0, most, says);
  return byClaims(claimed, [
    expecting(waited, 'a loop with time empties the queue at once'),
    ...whatElse(facts),
  ]);
}

function whatElse({ descriptors }: Facts): Item[] {
  return descriptors ? [descriptorsItem(descriptors, ALL_IN_USE)] : [];
}
