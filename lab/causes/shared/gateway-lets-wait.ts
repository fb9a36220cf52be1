import { count, duration } from '../../../common/format.ts';
import type { Span } from '../../facts/gateway-waits.ts';
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
import { descriptorsItem } from './no-descriptor.ts';

/** What the causes of our own gateway have in common that lets users wait though it has time for them. */

/** It gave up waiting, and for half of its wait that was so. */
function waitedIn(user: UserLine, span: Span | undefined): boolean {
  if (span === undefined || user.outcome !== 'timeout' || user.stage === 'open') return false;
  const [from, to] = [user.startedAt, failedAt(user)];
  return Math.min(to, span.to) - Math.max(from, span.from) >= (to - from) / 2;
}

/** It was accepted, and its turn did not come. */
export function heldOffBy(user: UserLine, { waits }: Facts): boolean {
  return waitedIn(user, waits.heldOff) && user.stage === 'upgrade';
}

/** It was in the accept queue, or found that full, and accept(2) was not called any more. */
export function forsakenBy(user: UserLine, { waits }: Facts): boolean {
  return waitedIn(user, waits.forsaken);
}

export function heldOffItem(facts: Facts, claimed: number): Judgement {
  const { heldOff } = facts.waits;
  const name = 'accepted, and waiting for their turn';
  if (heldOff === undefined)
    return byClaims(claimed, [item('gateway lines', name, 0, 0, 'nobody had to wait for a turn')]);
  const { from, to, most, served } = heldOff;
  const says = `up to ${count(most, 'connection')} waited for ${duration(to - from)}, while ${served} were served, the most there ever were`;
  const waited = item('gateway lines', name, 0, most, says, served);
  return byClaims(claimed, [expecting(waited, 'nobody waits for a turn'), ...whatElse(facts)]);
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
        'nobody waited in it for a second while the loop had time and accepted nobody',
      ),
    ]);
  const { from, to, most, accepted } = forsaken;
  const says = `up to ${count(most, 'connection')} waited for ${duration(to - from)}, and accept(2) took nobody after the first ${accepted}, though the loop had time`;
  const waited = item('accept queue', name, 0, most, says);
  return byClaims(claimed, [
    expecting(waited, 'a loop that has time empties the queue at once'),
    ...whatElse(facts),
  ]);
}

function whatElse({ descriptors }: Facts): Item[] {
  return descriptors ? [descriptorsItem(descriptors, 'all in use: that comes first')] : [];
}
