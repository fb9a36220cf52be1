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

/** What the causes of a full listen queue share on macOS. */

/** The user was reset before it was open. */
export function cutEarly({ outcome, stage }: UserLine): boolean {
  return outcome === 'reset' && stage !== 'open';
}

/** How many users were, without those that found no descriptor left. */
export const earlyCuts = once(
  (facts: Facts) => facts.failed.filter((user) => cutEarly(user) && foundNone(user, facts) === false).length,
);

/** Its SYN was dropped, and the user gave up, or connected by a later SYN when it was too late. */
export function shutOut(user: UserLine): boolean {
  if (user.outcome !== 'timeout' || user.stageUnknown || user.stage === 'open') return false;
  return user.stage === 'connect' || cameLate(user);
}

/** The verdict on the wider cause, by the counters that could be read. */
export function judgeDarwinQueue(facts: Facts, darwin: DarwinFacts, claimed: number): Judgement {
  const items = [overflowItem(darwin), refusedItem(darwin), shapeItem(darwin), slowItem(facts)];
  if (claimed > 0) {
    const users = item(
      'robots',
      'failed in the handshake',
      0,
      claimed,
      `${count(claimed, 'user')} failed in the handshake`,
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
    const says = `${count(claimed, 'user')} gave up, neither refused nor reset: their SYN was dropped; ${limitOfWait(darwin)}`;
    const waited = item('robots', 'timed out in the handshake', 0, claimed, says);
    return byClaims(claimed, [...items, expecting(waited, 'connect(2) returns in a round trip')]);
  }
  const { overflows } = darwin;
  const shut = overflows > 0 && facts.failed.some(shutOut);
  return shut ? contributing(items) : byClaims(claimed, items);
}

function limitOfWait({ gaveUp }: DarwinFacts): string {
  const long =
    'macOS repeats a SYN every second at first and gives up after 75 s, where Linux gives up after 131 s';
  return gaveUp > 0 ? `${long}: ${count(gaveUp, 'user')} waited so long` : long;
}

/** so_qlimit is a short (XNU bsd/sys/socketvar.h). */
const LONGEST_QUEUE = 32_767;

/** Users are sent at this part of the pace at which they became open. That pace is of the quickest second, and no other is as quick. */
const COMFORTABLE = 0.5;

/**
 * Room for the whole load: a longer queue as far as kern.ipc.somaxconn allows, since more needs root. Where that queue is too short for
 * all users, they are also spread over the time that the gateway needs for them.
 */
export function roomOnDarwin({ darwin }: Facts, settings: Settings): Fix | undefined {
  if (darwin === undefined) return undefined;
  const { backlog = settings.backlog, somaxconn = backlog } = darwin;
  const load = settings.users + settings.waiting;
  const longest = Math.min(2 ** Math.ceil(Math.log2(2 * load)), somaxconn, LONGEST_QUEUE);
  // The requested somaxconn also bounds the backlog.
  const somaxconnToo = Math.max(settings.somaxconn, longest);
  const longer: Fix = {
    change: `backlog ${backlog} → ${longest}`,
    settings: { backlog: longest, somaxconn: somaxconnToo },
  };
  const fits = Math.max(longest, Math.min(backlog, somaxconn)) >= load;
  return together([longest > backlog ? longer : undefined, fits ? undefined : slower(darwin, settings)]);
}

/** Users spread over the time that the gateway needs for them. */
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
        : `${count(overflows, 'SYN')} found the queue full: each was dropped, or a half-open connection was thrown out for it`;
  return item('TCP of macOS', 'listen queue overflows', 0, overflows ?? null, says);
}

/** How many half-open connections were thrown out, by each calculation that the counters allow; none where nothing was refused. */
export function evictedItems({ evicted, overflows, neverComplete }: DarwinFacts): Item[] {
  if (evicted === undefined || evicted.most === 0) return [];
  const { least, most } = evicted;
  const dropped =
    overflows === undefined
      ? ''
      : `; the other ${range(overflows - most, overflows - least)} overflows were SYNs dropped without an answer`;
  const says = `${range(least, most)} half-open connections thrown out: each gets an RST for its ACK, and one more for a request sent at once${dropped}`;
  const entries = `${neverComplete} entries never became complete (2 × accepts − established): those thrown out, and those of other programs`;
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
      : `${count(number, 'segment')} arrived for a handshake that the listener no longer had; each was answered with RST`;
  return item(read, name, 0, number, says);
}

/** What netstat -L showed: 128/0/128 means something else than 128/k/128. */
export function shapeItem({ fullest, capacity, stuck, evicting }: DarwinFacts): Item {
  if (fullest === undefined) return item('listen queue of macOS', 'listen queue', null, null, 'not measured');
  const { qlen, incqlen, maxqlen } = fullest;
  const shown = `${qlen}/${incqlen}/${maxqlen}`;
  const says =
    maxqlen <= 0
      ? 'the queue limit, a short, is not above 0: every SYN is dropped; kern.ipc.somaxconn must be below 32768'
      : evicting
        ? 'the queue is full, some of it half-open: each new SYN throws out the oldest half-open connection, which is reset when it answers'
        : stuck
          ? 'the queue is full, all of it complete: the gateway does not accept, and each new SYN is dropped without an answer'
          : `at most ${qlen} of ${capacity ?? maxqlen} places seen in use; more may have been between two samples`;
  return item('listen queue of macOS', 'listen queue, all/half-open/limit', null, shown, says, capacity);
}

/** What shows a lack of descriptors where Linux has TCPAbortOnClose and OutRsts. */
export function closedItems({ afterClose }: DarwinFacts, failed: Facts['failed']): Item[] {
  const says =
    afterClose === undefined
      ? UNREAD
      : `${count(afterClose, 'packet')} arrived for connections that the gateway had closed; each was answered with RST`;
  const resets = failed.filter(({ outcome, errno }) => outcome === 'reset' && errno === 'ECONNRESET').length;
  const seen = `${resets} × ECONNRESET: macOS reports a reset to a read after a FIN too, where Linux reports end of file; a write gets EPIPE on both`;
  const closed = item('TCP of macOS', 'packets received after close', 0, afterClose ?? null, says);
  return [
    ...(afterClose === 0 ? [] : [closed]),
    ...(resets === 0 ? [] : [item('robots', 'ECONNRESET', 0, resets, seen)]),
  ];
}
