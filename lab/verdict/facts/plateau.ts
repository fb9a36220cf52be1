import type { EarlierAttempt, UserLine } from '../../../robots/lines.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import { SLOW_CONNECT_MS } from './users.ts';

/** How many connections were held at once, and whether those that were turned away came when no more were. */
export interface PlateauFacts {
  /** The most that were held at once. */
  height: number;
  /** Users that the kernel connected and that were ended at once, before they were served. */
  turnedAway: number;
  /** Ids of those of them that came, and went, while so many were held. */
  atHeight: ReadonlySet<number>;
}

/** Shorter is at once, whatever the others waited. */
const AT_ONCE_MS = 250;

/** What ends everybody ends those that are held within this: two clocks, and a batch of RSTs. */
const TOGETHER_MS = 100;

/** Who leaves is gone for the gateway a little before the robot knows: the number held is known to within this. */
const TOLERANCE = 0.02;

/** Answers by which a server says that it has no room (RFC 9110, 15.6.4; RFC 6585, 4). */
const NO_ROOM = /^HTTP\/1\.[01] (?:503|429)\b/;

/** Undefined when nobody was held. */
export function plateauFacts({ fleet, asked }: Evidence): PlateauFacts | undefined {
  const { users } = fleet;
  const longestMs = Math.max(
    AT_ONCE_MS,
    users.reduce((longest, { openMs = 0, connectedMs = 0 }) => Math.max(longest, openMs - connectedMs), 0),
  );
  const away = users.filter((user) => wasTurnedAway(user, asked.kind === 'tcp', longestMs));
  const ids = new Set(away.map(({ id }) => id));
  const kept = users.filter((user) => user.openMs !== undefined && !ids.has(user.id));
  if (kept.length === 0) return undefined;

  const held = [...kept.map(holdOf), ...users.flatMap(({ earlier = [] }) => earlier.flatMap(holdOfEarlier))];
  // In the order in which they came: the kernel hands connections to accept(2) in that of their handshakes.
  held.sort((a, b) => a.from - b.from || a.id - b.id);
  const left = held.map(({ to }) => to).sort((a, b) => a - b);
  const cameBy = (time: number, id = Infinity) =>
    countWhile(held, (hold) => hold.from < time || (hold.from === time && hold.id < id));
  const goneBy = (time: number) => countWhile(left, (end) => end <= time);
  const height = held.reduce((most, { from }, index) => Math.max(most, index + 1 - goneBy(from)), 0);
  const heldBeside = (user: UserLine) => {
    const [at, after] = [arrivedAt(user), user.startedAt + (user.endedMs ?? 0) + TOGETHER_MS];
    return Math.min(cameBy(at, user.id) - goneBy(at), cameBy(after) - goneBy(after));
  };
  const enough = height - Math.ceil(height * TOLERANCE);
  const atHeight = new Set(away.filter((user) => heldBeside(user) >= enough).map(({ id }) => id));
  return { height, turnedAway: away.length, atHeight };
}

/** From when to when the gateway held a connection, ms since the epoch. */
interface Hold {
  id: number;
  from: number;
  to: number;
}

function holdOf(user: UserLine): Hold {
  const { id, startedAt, endedMs = Infinity, leftMs = endedMs } = user;
  return { id, from: arrivedAt(user), to: startedAt + leftMs };
}

function holdOfEarlier({ startedAt, openMs, endedMs }: EarlierAttempt): Hold[] {
  return openMs === undefined ? [] : [{ id: 0, from: startedAt, to: startedAt + endedMs }];
}

/** How many items there are before the first that does not hold, of a list in which none holds after it. */
function countWhile<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (holds(list[middle] as T)) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** `bare`: without a protocol a user is open as soon as it is connected. */
function wasTurnedAway(user: UserLine, bare: boolean, longestMs: number): boolean {
  const { outcome, stage, detail = '', connectedMs = 0, endedMs = 0 } = user;
  if (stage === 'open' && !bare) return false;
  const cut = outcome === 'reset' || (outcome === 'eof' && stage !== 'connect');
  const refused = outcome === 'protocol' && NO_ROOM.test(detail);
  if (!cut && !refused) return false;
  return endedMs - connectedMs <= (stage === 'open' ? AT_ONCE_MS : longestMs);
}

/** On a quiet link the handshake is over as soon as it begins; who had to send its SYN again came when that got through. */
function arrivedAt({ startedAt, connectedMs = 0 }: UserLine): number {
  return startedAt + (connectedMs >= SLOW_CONNECT_MS ? connectedMs : 0);
}
