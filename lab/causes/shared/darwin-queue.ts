import { rampMs } from '../../../common/duration.ts';
import { count } from '../../../common/format.ts';
import type { DarwinFacts } from '../../facts/darwin-listen-queue.ts';
import { once } from '../../facts/once.ts';
import {
  byClaims,
  contributing,
  expecting,
  type Facts,
  type Fix,
  type Item,
  item,
  type Judgement,
  type Settings,
  together,
  type UserLine,
  undecided,
} from './cause.ts';
import { cameLate, slowItem } from './listen-queue.ts';
import { foundNone } from './no-descriptor.ts';

/** What the causes of a full listen queue have in common on macOS. */

/** Reset before it was open. */
export function cutEarly({ outcome, stage }: UserLine): boolean {
  return outcome === 'reset' && stage !== 'open';
}

/** How many of them there are, without those that found no descriptor. */
export const earlyCuts = once(
  (facts: Facts) => facts.failed.filter((user) => cutEarly(user) && !foundNone(user, facts)).length,
);

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
  return unread ? undecided(items) : byClaims(claimed, items);
}

/** The verdict on SYNs dropped at a full queue. */
export function judgeDarwinDrop(facts: Facts, darwin: DarwinFacts, claimed: number): Judgement {
  const items = [
    expecting(overflowItem(darwin), 'a queue with room drops nothing'),
    shapeItem(darwin),
    slowItem(facts),
  ];
  if (darwin.overflows === undefined) return undecided(items);
  if (claimed > 0) {
    const says = `${count(claimed, 'user')} gave up, and nobody refused or reset them: their SYN was dropped; ${limitOfWait(darwin)}`;
    const waited = item('robots', 'timed out in the handshake', 0, claimed, says);
    return byClaims(claimed, [...items, expecting(waited, 'connect(2) returns in a round trip')]);
  }
  const { overflows } = darwin;
  const shut = overflows > 0 && facts.failed.some(shutOut);
  return shut ? contributing(items) : byClaims(claimed, items);
}

function limitOfWait({ gaveUp }: DarwinFacts): string {
  const long =
    'macOS sends a SYN again each second at first, and gives up after 75 s, where Linux takes 131 s';
  return gaveUp > 0 ? `${long}: ${gaveUp} waited so long` : long;
}

/** so_qlimit is a short (XNU bsd/sys/socketvar.h). */
const LONGEST_QUEUE = 32_767;

/** Users come at this part of the pace at which they were let in: that of one second, and no other is as quick. */
const COMFORTABLE = 0.5;

/**
 * Room for the whole load: a longer queue as far as kern.ipc.somaxconn lets it, since more needs root; and where that does not hold
 * everybody, users spread over as long as the gateway needs for them.
 */
export function roomOnDarwin({ darwin }: Facts, settings: Settings): Fix | undefined {
  if (darwin === undefined) return undefined;
  const { backlog = settings.backlog, somaxconn = backlog } = darwin;
  const load = settings.users + settings.waiting;
  const longest = Math.min(2 ** Math.ceil(Math.log2(2 * load)), somaxconn, LONGEST_QUEUE);
  // The one asked for holds the backlog down as well.
  const somaxconnToo = Math.max(settings.somaxconn, longest);
  const longer: Fix = {
    change: `backlog ${backlog} → ${longest}`,
    settings: { backlog: longest, somaxconn: somaxconnToo },
  };
  const fits = Math.max(longest, Math.min(backlog, somaxconn)) >= load;
  return together([longest > backlog ? longer : undefined, fits ? undefined : slower(darwin, settings)]);
}

/** Users spread over as long as the gateway needs for them. */
function slower({ pace }: DarwinFacts, { users, ramp }: Settings): Fix | undefined {
  if (pace === undefined) return undefined;
  const ms = Math.max(Math.ceil((users / pace / COMFORTABLE) * 1000), 2 * rampMs(ramp));
  return { change: `users spread over ${ms}ms (ramp)`, settings: { ramp: `${ms}ms` } };
}

/** What macOS shows where Linux has other counters: see docs/evidence.md. */

const UNREAD = 'not measured: macOS shows TCP statistics to root alone (sudo)';

/** tcps_listendrop. */
export function overflowItem({ overflows }: DarwinFacts): Item {
  const says =
    overflows === undefined
      ? UNREAD
      : overflows === 0
        ? 'the listen queue never overflowed'
        : `${count(overflows, 'SYN')} came to a full queue: dropped, or a half-open one thrown out for it`;
  return item('TCP of macOS', 'listen queue overflows', 0, overflows ?? null, says);
}

/** How many were thrown out, by each reckoning that the counters allow; none where nothing was refused. */
export function evictedItems({ evicted, overflows, neverComplete }: DarwinFacts): Item[] {
  if (evicted === undefined || evicted.most === 0) return [];
  const { least, most } = evicted;
  const dropped =
    overflows === undefined
      ? ''
      : `; the other ${range(overflows - most, overflows - least)} overflows were SYNs dropped without an answer`;
  const says = `${range(least, most)} thrown out: each draws an RST for its ACK, and one for its request when that was sent at once${dropped}`;
  const entries = `${neverComplete} entries never became complete (2 × accepts − established): those thrown out, and what other programs did meanwhile`;
  return [
    item('TCP of macOS', 'thrown out, by refused segments', 0, range(least, most), says),
    ...(neverComplete === undefined
      ? []
      : [item('TCP of macOS', 'entries never complete', 0, neverComplete, entries)]),
  ];
}

function range(least: number, most: number): string {
  return least === most ? `${least}` : `${least} to ${most}`;
}

/** Segments that hit the listener. */
export function refusedItem({ refused }: DarwinFacts): Item {
  if (refused === undefined) return item('TCP of macOS', 'bad connection attempts', null, null, UNREAD);
  const { count: number, counter, read } = refused;
  const name = counter.replace(/^darwin /, '');
  const says =
    number === 0
      ? 'the listener answered no segment with RST'
      : `${count(number, 'segment')} came for a handshake that the listener no longer had, each answered with RST`;
  return item(read, name, 0, number, says);
}

/** What netstat -L showed: 128/0/128 is another thing than 128/k/128. */
export function shapeItem({ fullest, capacity, stuck, evicting }: DarwinFacts): Item {
  if (fullest === undefined) return item('listen queue of macOS', 'listen queue', null, null, 'not measured');
  const { qlen, incqlen, maxqlen } = fullest;
  const shown = `${qlen}/${incqlen}/${maxqlen}`;
  const says =
    maxqlen <= 0
      ? 'the limit, a short, is not above 0: every SYN is dropped; kern.ipc.somaxconn must be below 32768'
      : evicting
        ? 'full, some half-open: the oldest is thrown out for each new SYN, and reset when it answers'
        : stuck
          ? 'full, all complete: the gateway does not accept, and each new SYN is dropped without an answer'
          : `at most ${qlen} seen of ${capacity ?? maxqlen} that fit; between two looks it may have been fuller`;
  return item('listen queue of macOS', 'listen queue, all/half-open/limit', null, shown, says, capacity);
}

/** For want of descriptors: what tells of it where Linux has TCPAbortOnClose and OutRsts. */
export function closedItems({ afterClose }: DarwinFacts, failed: Facts['failed']): Item[] {
  const says =
    afterClose === undefined
      ? UNREAD
      : `${count(afterClose, 'packet')} came for what the gateway had closed, each answered with RST`;
  const resets = failed.filter(({ outcome, errno }) => outcome === 'reset' && errno === 'ECONNRESET').length;
  const seen = `${resets} × ECONNRESET: after a FIN too macOS gives the reader a reset, where Linux gives end of file; who writes first gets EPIPE on both`;
  const closed = item('TCP of macOS', 'packets received after close', 0, afterClose ?? null, says);
  return [
    ...(afterClose === 0 ? [] : [closed]),
    ...(resets === 0 ? [] : [item('robots', 'ECONNRESET', 0, resets, seen)]),
  ];
}
