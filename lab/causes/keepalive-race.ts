import { count, duration } from '../../common/format.ts';
import { type Cause, expecting, type Facts, type Item, item, type UserLine } from './shared/cause.ts';
import { byLines, isSilent, reasonItem } from './shared/gateway-closes.ts';
import { cutOf, cutWhileOpen } from './shared/held-up.ts';
import { signsOfRace } from './shared/race-signs.ts';

/** The server should wait this many times longer than its users, and at least this much longer: their pause is measured on a busy machine. */
const LONGER = 3;
const AT_LEAST_MS = 5000;

export const keepaliveRace: Cause = {
  id: 'keepalive-race',
  title: 'the gateway closes idle HTTP connections just as their users send the next request',
  toldBy: 'gateway',
  looksLike: 'a request on a connection that was idle for as long as the server allows',
  under: 'app-timeout-or-panic',
  scenario: {
    kind: 'http',
    keep_alive_ms: 1000,
    request_gap_ms: 1100,
    requests: 3,
    users: 40,
    rounds: 0,
  },
  claims(user, facts) {
    if (!cutWhileOpen(user)) return false;
    if (cutOf(user, facts)?.reason === 'keep-alive') return true;
    // A server without lines that lived on: the user itself saw its idle connection end when it sent another request.
    return isSilent(facts) && user.idleMs !== undefined;
  },
  judge(facts, claimed) {
    const items = [
      reasonItem(facts, 'keep-alive'),
      expecting(
        idleItem(facts),
        'failures at any time, also in the middle of an answer or at the first request',
      ),
    ];
    return byLines(facts, claimed, { reason: 'keep-alive', fits: isReused, seen: true, items });
  },
  signs: signsOfRace,
  fix(_facts, { kind, keep_alive_ms: limit, request_gap_ms: gap }) {
    if (kind !== 'http' || limit === 0) return undefined;
    const longer = Math.max(LONGER * gap, gap + AT_LEAST_MS, limit);
    const change = `keep_alive_ms ${limit} → ${longer}, above the users' pause of ${gap} ms`;
    return { change, settings: { keep_alive_ms: longer } };
  },
};

function isReused(user: UserLine): boolean {
  return cutWhileOpen(user) && user.idleMs !== undefined;
}

function idleItem({ failed, limits }: Facts): Item {
  const idle = failed
    .filter(isReused)
    .map(({ idleMs = 0 }) => idleMs)
    .sort((a, b) => a - b);
  const [least = null, most = null] = [idle[0], idle.at(-1)];
  const unused = failed.filter((user) => cutWhileOpen(user) && user.idleMs === undefined).length;
  const says =
    least === null || most === null
      ? `no user sent another request on an idle connection; ${count(unused, 'user')} lost a connection without one`
      : `${count(idle.length, 'user')} sent another request after ${duration(least)} to ${duration(most)}, and met a closed connection`;
  return item('robots', 'idle before the request that failed (ms)', least, most, says, limits.keepAlive);
}
