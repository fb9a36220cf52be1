import { SETTINGS } from '../../protocol/settings.ts';
import { largest } from '../facts/numbers.ts';
import { acceptQueueCapacity } from '../laws/accept-queue-law.ts';
import { largestSafeBurst, servedInTime } from '../laws/accept-rate-law.ts';
import type { Judged, JudgedGateway } from '../run/judged.ts';
import { perSecond, ratesOf } from '../run/rates.ts';
import { fixOf } from '../run/scenario.ts';
import { failedOnceOpen, usersOfAll } from '../run/users-document.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import type { Met } from './ladder.ts';
import { isRate, type Wall } from './wall.ts';

/** What the load that met this wall tells of the way past it. Pure. */
export function metOf(wall: Wall, judged: Judged, settings: ResolvedSettings, sources: number): Met {
  const { gateways } = judged;
  const users = usersOfAll(judged);
  const own = gateways.map((gateway) => ({
    ...gateway,
    verdicts: gateway.verdicts.filter(({ cause }) => cause === wall.cause),
  }));
  const queues = gateways.flatMap((gateway) => (hasFailed(gateway) ? [queueFor(gateway)] : []));
  const helps = isRate(wall.cause) && queues.every((queue) => queue !== undefined);
  return {
    ...wall,
    atRest: atRestOf(judged),
    sources,
    users: users.asked,
    perSecond: openedPerSecond(judged),
    early: 2 * failedOnceOpen(users) < users.failed,
    queue: helps ? largest(queues.map((queue) => queue as number)) : undefined,
    own: fixOf({ ...judged, gateways: own }, settings),
  };
}

/** Descriptors of a gateway before any user, of several the most. */
export function atRestOf({ gateways }: Judged): number {
  return Math.max(
    0,
    ...gateways.map(
      ({ evidence: { observer, gateway } }) =>
        (observer.before?.process?.descriptors ?? gateway.listening?.descriptorsAtRest ?? []).length,
    ),
  );
}

const hasFailed = ({ facts }: JudgedGateway) => facts.failed.length > 0;

/** Those that became open, at all gateways. */
function openedPerSecond({ gateways }: Judged): number | undefined {
  const opened = gateways.flatMap(({ evidence }) =>
    evidence.fleet.users.flatMap(({ startedAt, openMs }) =>
      openMs === undefined ? [] : [startedAt + openMs],
    ),
  );
  return perSecond(opened);
}

/**
 * The shortest of doubled queues that holds the users of this gateway: at the rates of a burst the largest that is safe. Undefined: the
 * queue is long enough already, or the gateway does not serve so many before they give up, whatever queue they wait in.
 */
function queueFor({ evidence, facts }: JudgedGateway): number | undefined {
  const { queue } = facts;
  if (queue === undefined) return undefined;
  const { users: asked, waiting, connect_timeout_ms: patience } = evidence.asked;
  const users = asked + waiting;
  const stopped = evidence.gateway.stopped !== undefined;
  const rates = stopped ? undefined : ratesOf(evidence.fleet.users, queue.capacity);
  if (rates && servedInTime(patience, rates) < asked) return undefined;
  const holds = (bound: number) => {
    const capacity = acceptQueueCapacity(bound, bound);
    return Math.max(capacity, rates ? largestSafeBurst(capacity, rates) : 0) >= users;
  };
  const now = Math.min(queue.backlog, queue.somaxconn);
  const most = Math.min(SETTINGS.backlog.max, SETTINGS.somaxconn.max);
  if (holds(now) || now >= most) return undefined;
  let bound = now;
  while (!holds(bound) && bound < most) bound = Math.min(2 * bound, most);
  return bound;
}
