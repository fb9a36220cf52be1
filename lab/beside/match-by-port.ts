import type { UserLine } from '../../protocol/fleet-events.ts';
import type { ObservedLine } from '../../protocol/observer-events.ts';
import { changeUsers } from '../evidence/change-users.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { gapOf } from '../facts/coverage.ts';

/** A shorter hold may fall between two samples of the connections, ms. */
const SEEN_MS = 500;

/** A server that has accepted nobody from a queue for this long does not accept, ms. */
const STUCK_MS = 500;

/**
 * With `tcp` a user counts as open as soon as its own kernel says so. But the server's kernel may have dropped the last packet of the
 * handshake, or the server may no longer accept. Users are matched by port with the connections of the server's kernel: those without
 * one were never open.
 */
export function joinByPort(evidence: Evidence): void {
  const { asked, fleet, observer } = evidence;
  if (asked.kind !== 'tcp' || fleet.done === undefined || asked.hold_ms < SEEN_MS) return;
  // Users that arrived after the last sample would have no match.
  if (gapOf(evidence)) return;
  const settled = fleet.phases.find(({ phase }) => phase === 'settled')?.at ?? Infinity;
  // After that users leave, and make room for others.
  const letGo = fleet.phases.find(({ phase }) => phase === 'let-one-go')?.at ?? Infinity;
  // Where one user was let go, the others stay a while longer, to see which one takes its place.
  const until = Math.min(fleet.done.at, letGo < Infinity ? Infinity : settled + asked.hold_ms);
  const series = observer.series.filter(({ at }) => at <= until);
  if (!series.some(({ server }) => server?.connections !== undefined)) return;
  const came = new Set(series.flatMap(({ server }) => server?.came ?? []));
  // A user that took the place of the one that was let go would otherwise still be in the queue, which did not move.
  const before = series.filter(({ at }) => at <= letGo);
  const taken = new Set(before.flatMap(({ server }) => server?.taken ?? []));
  const stuck = isStuck(before);
  // With TCP_DEFER_ACCEPT (httpd, nginx `deferred`) the kernel waits for the first data, and drops the ACK that has none
  // (net/ipv4/tcp_minisocks.c tcp_check_req): such a user is accepted as soon as it sends something.
  const deferred = series.some(({ deltas }) => (deltas['TcpExt TCPDeferAcceptDrop'] ?? 0) > 0);
  const joined = (user: UserLine): UserLine => {
    if (user.outcome !== 'open' || user.port === undefined) return user;
    if (!came.has(user.port))
      return deferred
        ? user
        : notLetIn(user, until, 'connect', "complete only for the client: the server's kernel never had it");
    if (!stuck || taken.has(user.port)) return user;
    return notLetIn(
      user,
      until,
      'upgrade',
      'still in the accept queue at the end, and the server no longer accepted',
    );
  };
  changeUsers(evidence, joined);
}

/**
 * Where one open user was let go on purpose, the first user that became open since would not have been: without that it would have waited
 * as long as all others. For `tcp` see `joinByPort`.
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
    user.id === id ? notLetIn(user, until, 'upgrade', 'open only because another user was let go') : user,
  );
}

function notLetIn(user: UserLine, until: number, stage: 'connect' | 'upgrade', detail: string): UserLine {
  const { openMs: _, ...rest } = user;
  return { ...rest, outcome: 'timeout', stage, detail, endedMs: until - rest.startedAt };
}

/** Up to the end nobody was accepted from a queue that was not empty. */
function isStuck(series: readonly ObservedLine[]): boolean {
  const counted = series.filter(({ server }) => server?.connections !== undefined);
  const moved = ({ acceptQueue = 0, server }: ObservedLine) =>
    acceptQueue === 0 || server?.taken !== undefined;
  const [from, last] = [counted[Math.max(0, counted.findLastIndex(moved))], counted.at(-1)];
  if (from === undefined || last === undefined || (last.acceptQueue ?? 0) === 0) return false;
  return last.at - from.at >= STUCK_MS;
}
