import { rampMs } from '../../../common/duration.ts';
import { count } from '../../../common/format.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { DarwinFacts } from '../../facts/darwin-listen-queue.ts';
import type { Facts } from '../../facts/facts.ts';
import { once } from '../../facts/once.ts';
import type { Settings } from '../../settings/schema.ts';
import { fdExhaustion } from '../fd-exhaustion.ts';
import { byClaims, expecting, type Fix, item, type Judgement } from './cause.ts';
import { overflowItem, refusedItem, shapeItem } from './darwin-items.ts';
import { cameLate, slowItem } from './listen-queue.ts';

/** What the causes of a full listen queue have in common on macOS. */

/** Reset before it was open, and not for want of descriptors in the gateway. */
export function cutEarly(user: UserLine, facts: Facts): boolean {
  return user.outcome === 'reset' && user.stage !== 'open' && !fdExhaustion.claims(user, facts);
}

/** How many of them there are. */
export const earlyCuts = once((facts: Facts) => facts.failed.filter((user) => cutEarly(user, facts)).length);

/** Its SYN was dropped, and it gave up, or came in by a later one too late. */
export function shutOut(user: UserLine): boolean {
  if (user.outcome !== 'timeout' || user.stageUnknown || user.stage === 'open') return false;
  return user.stage === 'connect' || cameLate(user);
}

/** The verdict on the wider cause: as good as the counters that could be read. */
export function judgeDarwinQueue(facts: Facts, darwin: DarwinFacts, claimed: number): Judgement {
  const items = [overflowItem(darwin), refusedItem(darwin), shapeItem(darwin), slowItem(facts)];
  if (claimed > 0) {
    const users = item(
      'robots',
      'failed in the handshake',
      0,
      claimed,
      `${count(claimed, 'user')} never got through`,
    );
    return byClaims(claimed, [...items, users]);
  }
  const unread = darwin.overflows === undefined || darwin.refused === undefined;
  return unread ? { verdict: 'insufficient-data', for: [], against: items } : byClaims(claimed, items);
}

/** The verdict on SYNs dropped at a full queue. */
export function judgeDarwinDrop(facts: Facts, darwin: DarwinFacts, claimed: number): Judgement {
  const items = [
    expecting(overflowItem(darwin), 'a queue with room drops nothing'),
    shapeItem(darwin),
    slowItem(facts),
  ];
  if (darwin.overflows === undefined) return { verdict: 'insufficient-data', for: [], against: items };
  if (claimed > 0) {
    const says = `${count(claimed, 'user')} gave up, and nobody refused or reset them: their SYN was dropped; ${limitOfWait(darwin)}`;
    const waited = item('robots', 'timed out in the handshake', 0, claimed, says);
    return byClaims(claimed, [...items, expecting(waited, 'connect(2) returns in a round trip')]);
  }
  const { overflows } = darwin;
  const shut = overflows > 0 && facts.failed.some(shutOut);
  return shut ? { verdict: 'contributing', for: items, against: [] } : byClaims(claimed, items);
}

function limitOfWait({ gaveUp }: DarwinFacts): string {
  const long =
    'macOS sends a SYN again each second at first, and gives up after 75 s, where Linux takes 131 s';
  return gaveUp > 0 ? `${long}: ${gaveUp} waited so long` : long;
}

/** so_qlimit is a short (XNU bsd/sys/socketvar.h). */
const LONGEST_QUEUE = 32_767;

/** Users come at this part of the pace at which they were let in. */
const COMFORTABLE = 0.5;

/**
 * Room for the whole load: a longer queue as far as kern.ipc.somaxconn lets it, since more needs root; and where that does not hold
 * everybody, users spread over as long as the gateway needs for them.
 */
export function roomOnDarwin({ darwin }: Facts, settings: Settings): Fix | undefined {
  if (darwin === undefined) return undefined;
  const { backlog = settings.backlog, somaxconn = backlog, pace } = darwin;
  const load = settings.users + settings.waiting;
  const longest = Math.min(2 ** Math.ceil(Math.log2(2 * load)), somaxconn, LONGEST_QUEUE);
  const fix: Fix = { change: '', settings: {} };
  const changes: string[] = [];
  if (longest > backlog) {
    changes.push(`backlog ${backlog} → ${longest}`);
    // The one asked for holds the backlog down as well.
    fix.settings = { backlog: longest, somaxconn: Math.max(settings.somaxconn, longest) };
  }
  if (Math.max(longest, Math.min(backlog, somaxconn)) < load && pace !== undefined) {
    const ms = Math.max(Math.ceil((settings.users / pace / COMFORTABLE) * 1000), 2 * rampMs(settings.ramp));
    changes.push(`users spread over ${ms}ms (ramp)`);
    fix.settings.ramp = `${ms}ms`;
  }
  fix.change = changes.join(', ');
  return changes.length === 0 ? undefined : fix;
}
