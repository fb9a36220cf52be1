import type { TracedReset } from '../../protocol/trace-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { ByPlace } from '../evidence/place-of-user.ts';

/** The kernel's reasons for the resets that robots received. */
export interface ResetFacts {
  /** RSTs sent to robots during the load, by the kernel's reason. */
  byReason: Readonly<Record<string, number>>;
  /** Failed users to whose place one was sent in their time, by that reason. */
  users: Readonly<Record<string, number>>;
  /** Events that found no room in the trace's buffers: at most this many RSTs are missing. */
  lost: number;
}

/**
 * The clocks of trace and robots are read separately, and a robot may hear late of its end, ms. If longer, the RST of the user that had
 * the port before counts as this one's.
 */
const SLACK_MS = 250;

/** The word for an RST whose sending was not seen, or whose kernel gives no reason (before Linux 6.10). */
const UNTOLD = 'no reason told';

/** From the trace up to `until`, ms; undefined where there is none. */
export function resetFacts({ trace, fleet }: Evidence, until: number): ResetFacts | undefined {
  if (!trace?.available) return undefined;
  // No slack here: after the load the users leave, and may receive resets that harm nobody.
  const byReason: Record<string, number> = {};
  const byPlace = new ByPlace<{ at: number; reason: string }[]>();
  for (const one of trace.resets) {
    const { from, at, port, address } = one;
    if (from !== 'gateway' || at > until) continue;
    const reason = reasonOf(one);
    add(byReason, reason);
    if (port === undefined) continue;
    const others = byPlace.at({ port, address });
    if (others) others.push({ at, reason });
    else byPlace.set({ port, address }, [{ at, reason }]);
  }
  const users: Record<string, number> = {};
  for (const user of fleet.users) {
    const { startedAt, endedMs = Number.POSITIVE_INFINITY, outcome } = user;
    if (outcome === 'open') continue;
    // The last one in its time: a port may have been another user's before.
    const own = byPlace
      .get(user)
      ?.findLast(({ at }) => at >= startedAt - SLACK_MS && at <= startedAt + endedMs + SLACK_MS);
    if (own) add(users, own.reason);
  }
  return { byReason, users, lost: trace.lost };
}

/**
 * The kernel's reason. For a listener it is why the packet was dropped, where the kernel says that, since its RST has the same reason for
 * many things (a full accept queue is `INVALID_SYN`, net/ipv4/tcp_minisocks.c tcp_check_req).
 */
export function reasonOf({ state, reason, drop }: TracedReset): string {
  const listening = state === 'TCP_LISTEN' || state === 'TCP_NEW_SYN_RECV';
  return (listening ? drop : undefined) ?? reason ?? UNTOLD;
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
