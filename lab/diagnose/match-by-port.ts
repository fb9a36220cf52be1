import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf, PackedLines } from '../evidence/packed-lines.ts';
import { gapOf } from '../facts/coverage.ts';

/** Shorter a hold may fall between two counts of the connections. */
const SEEN_MS = 500;

/** A server that has taken nobody out of a queue for so long does not accept. */
const STUCK_MS = 500;

/**
 * A bare connection is open as soon as the client's own kernel says so, and that may be all there is to it: the server's may have
 * dropped the last packet of the handshake, or its program may accept nobody any more. Joined by port with the connections that
 * the server's kernel had, those users were never let in.
 */
export function joinByPort(evidence: Evidence): void {
  const { asked, fleet, observer } = evidence;
  if (asked.kind !== 'tcp' || fleet.done === undefined || asked.hold_ms < SEEN_MS) return;
  // Who came after its end would be missing.
  if (gapOf(evidence)) return;
  const settled = fleet.phases.find(({ phase }) => phase === 'settled')?.at ?? Infinity;
  // Then they leave, and make room for one another.
  const letGo = fleet.phases.find(({ phase }) => phase === 'let-one-go')?.at ?? Infinity;
  // Where one was let go they stay a while longer, to see who is let in for it.
  const until = Math.min(fleet.done.at, letGo < Infinity ? Infinity : settled + asked.hold_ms);
  const series = observer.series.filter(({ at }) => at <= until);
  if (!series.some(({ server }) => server?.connections !== undefined)) return;
  const came = new Set(series.flatMap(({ server }) => server?.came ?? []));
  // Who was let in for one that was told to leave came out of a queue that did not move, and would be in it still.
  const before = series.filter(({ at }) => at <= letGo);
  const taken = new Set(before.flatMap(({ server }) => server?.taken ?? []));
  const stuck = isStuck(before);
  // With TCP_DEFER_ACCEPT (httpd, nginx `deferred`) it waits for the first data, and drops the ACK that has none
  // (net/ipv4/tcp_minisocks.c tcp_check_req): such a user is let in as soon as it speaks.
  const deferred = series.some(({ deltas }) => (deltas['TcpExt TCPDeferAcceptDrop'] ?? 0) > 0);
  const joined = (user: UserLine): UserLine => {
    if (user.outcome !== 'open' || user.port === undefined) return user;
    if (!came.has(user.port))
      return deferred
        ? user
        : notLetIn(user, until, 'connect', "complete for the client alone: the server's kernel never had it");
    if (!stuck || taken.has(user.port)) return user;
    return notLetIn(
      user,
      until,
      'upgrade',
      'still in the accept queue at the end, with a server that accepted nobody any more',
    );
  };
  changeUsers(evidence, joined);
}

/**
 * Where one that was in was told to leave, so that it shows who is let in for it, the first that was open since would not have been: it
 * waited as long as all others do. Of bare connections `joinByPort` tells.
 */
export function withoutLetIn(evidence: Evidence): void {
  const { asked, fleet } = evidence;
  const letGo = fleet.phases.find(({ phase }) => phase === 'let-one-go')?.at;
  if (asked.kind === 'tcp' || letGo === undefined || fleet.done === undefined) return;
  const until = fleet.done.at;
  const openAt = ({ startedAt, openMs = Infinity }: UserLine) => startedAt + openMs;
  let first: UserLine | undefined;
  for (const user of fleet.users)
    if (openAt(user) > letGo && openAt(user) < (first ? openAt(first) : Infinity)) first = user;
  if (first === undefined) return;
  const { id } = first;
  changeUsers(evidence, (user) =>
    user.id === id ? notLetIn(user, until, 'upgrade', 'let in only as another one was told to leave') : user,
  );
}

function changeUsers({ fleet }: Evidence, changed: (user: UserLine) => UserLine): void {
  const users = new PackedLines<UserLine>();
  for (const user of fleet.users) users.push(changed(user));
  fleet.users = users;
  const failed = countOf(users, ({ outcome }) => outcome !== 'open');
  Object.assign(fleet.done ?? {}, { failed, open: fleet.users.length - failed });
}

function notLetIn(user: UserLine, until: number, stage: 'connect' | 'upgrade', detail: string): UserLine {
  const { openMs: _, ...rest } = user;
  return { ...rest, outcome: 'timeout', stage, detail, endedMs: until - rest.startedAt };
}

/** Nobody was taken out of a queue that was not empty, up to the end. */
function isStuck(series: readonly ObservedLine[]): boolean {
  const counted = series.filter(({ server }) => server?.connections !== undefined);
  const moved = ({ acceptQueue = 0, server }: ObservedLine) =>
    acceptQueue === 0 || server?.taken !== undefined;
  const [from, last] = [counted[Math.max(0, counted.findLastIndex(moved))], counted.at(-1)];
  if (from === undefined || last === undefined || (last.acceptQueue ?? 0) === 0) return false;
  return last.at - from.at >= STUCK_MS;
}
