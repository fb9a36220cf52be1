import type { Count } from './server-counts.ts';

/** Connections that came and went at once while as many stayed as ever did. */
export interface Cap {
  height: number;
  turnedAway: number;
  /** False: they may as well have been answered and closed, such as the probes of a health check. */
  unserved: boolean;
  /** False: they came and went while the others still came, and may have been any of them. */
  known: boolean;
}

/**
 * Of those that are held so many must be the same as a moment before, and as many as there ever were must be held: all, but for one
 * of twenty that leaves of its own accord. Lower, and a pool that is worked off looks like a cap; higher, and one user that leaves
 * hides a cap.
 */
const THE_SAME = 0.95;

/**
 * Who closes on an unread request, or is written to by who was not served, sends an RST: most of them do. Lower, and RSTs of others
 * in the namespace make a cap of requests that were served.
 */
const MOSTLY = 0.5;

/**
 * Else it must have been seen that nobody was closed until half of them were in: a watch that began later may take for a cap what
 * was always there.
 */
const CLIMBED = 0.5;

/** And then many: as few as a tenth may be probes, or users that left. Higher, and a cap that few met is left open. */
const NOT_FEW = 0.1;

/**
 * Who is closed without a word sends one FIN, and so does the server (net/ipv4/tcp_output.c tcp_event_new_data_sent): two segments,
 * and some to spare for those that were sent again. Higher, and short answers are taken for none.
 */
const TWO_FINS = 2.5;

/** On the way up so few may come and go, such as probes. Higher, and a server that closes at any number is said to have a cap. */
const ON_THE_WAY = 0.1;

/**
 * A server that lets no more than so many in: the same ones stay, and who comes then goes at once, closed by the server, while on
 * the way up nobody was. Requests that are answered and closed look otherwise: those that are held do not stay.
 */
export function capOf(counts: readonly Count[], peak: number): Cap | undefined {
  const [first] = counts;
  if (first === undefined || peak === 0) return undefined;
  let below = 0;
  let climbing = 0;
  let turnedAway = 0;
  let letIn = 0;
  let sent = 0;
  // Those that a count found for the first time; of all that came the others have gone before they were found.
  let found = -Math.max(0, first.fresh - first.came);
  let gone = 0;
  for (const [index, now] of counts.entries()) {
    const before = counts[index - 1] ?? { ...now, open: 0 };
    found += now.fresh;
    const passed = Math.max(0, now.came - found - gone);
    gone += passed;
    const same = before.open === 0 || now.stayed >= THE_SAME * before.open;
    const next = counts[index + 1];
    const lasting = next === undefined || next.stayed >= THE_SAME * now.open;
    const high = now.open >= THE_SAME * peak;
    if (high && same && lasting) {
      if (passed > 0) sent += now.sent - before.sent;
      if (before.open < THE_SAME * peak) climbing += passed;
      else {
        turnedAway += passed;
        letIn += Math.max(0, now.open - before.open);
      }
    }
    // When they leave nothing is learned from who goes with them.
    else if (high || now.open >= before.open) below += passed;
  }
  const last = counts.at(-1) ?? first;
  const resets = last.resets - first.resets;
  const away = Math.min(turnedAway + climbing, last.closedFirst - first.closedFirst + resets);
  if (away === 0 || below > ON_THE_WAY * away) return undefined;
  // Of those that came and went between two counts, in which the height was reached, nobody knows whether it was before or after.
  const known = turnedAway > letIn && turnedAway >= NOT_FEW * climbing;
  const spoken = sent > TWO_FINS * (turnedAway + climbing);
  const unserved =
    known &&
    (resets >= MOSTLY * away ||
      (!spoken && first.open <= CLIMBED * peak && below === 0 && away >= NOT_FEW * peak));
  return { height: peak, turnedAway: away, unserved, known };
}
