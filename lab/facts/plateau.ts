import type { EarlierAttempt, UserLine } from '../../protocol/fleet-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { NumberList } from '../evidence/number-list.ts';
import { type Hold, Holds } from './holds.ts';
import { failedAt, SLOW_CONNECT_MS } from './user-groups.ts';

/** How many connections were open at once, and whether those that were turned away came when no more were. */
export interface PlateauFacts {
  /** The most that were open at once. */
  height: number;
  /** Ids of the users that the kernel connected and that were cut at once, before they were served. */
  turnedAway: ReadonlySet<number>;
  /**
   * How many were open when those came and went, on average, as a part of the height. 1 under a cap; about a half when users are cut by
   * chance while they arrive. An average, because on a busy machine robots do not see the exact order of a few.
   */
  level: number;
}

/**
 * A shorter time counts as at once, however long others waited, ms: what a busy robot needs to hear of its end. If longer, users cut soon
 * after they came count as turned away. If shorter, those turned away by a busy server are missed.
 */
const AT_ONCE_MS = 250;

/** At most twice the wait of served users. If more, a user cut by a clock would count as turned away. */
const MOST_BEHIND = 2;

/**
 * When a queue is full the kernel also drops the last packets of handshakes. Such a user believes itself connected, and waits for the
 * SYN-ACK that is repeated after 1 s, then after 2 s more (net/ipv4/inet_connection_sock.c, reqsk_timer_handler).
 */
const SENT_AGAIN_MS = 3000;

/**
 * A cause that ends all users ends them within this, ms: two clocks, and a batch of RSTs. If longer, the level looks lower than it was,
 * so that a cap is missed. If shorter, a crash leaves a flat line.
 */
export const TOGETHER_MS = 100;

/**
 * A user that leaves still counts until the gateway has handled that: about as long as others waited for their answer, all but the last
 * tenth of them. If more, random closes among leaving users would look the same.
 */
const ANSWERED = 0.9;

/** Answers by which a server says that it has no room (RFC 9110, 15.6.4; RFC 6585, 4). */
const NO_ROOM = /^HTTP\/1\.[01] (?:503|429)\b/;

/** Undefined when nobody was open. */
export function plateauFacts({ fleet, asked }: Evidence): PlateauFacts | undefined {
  const { users } = fleet;
  const waits = waitsOf(users);
  const again = users.some(({ connectedMs = 0 }) => connectedMs >= SLOW_CONNECT_MS) ? SENT_AGAIN_MS : 0;
  // In a burst the last users wait longest for accept(2): those turned away are further back than all that are served.
  const behind = Math.min(MOST_BEHIND, users.length / Math.max(1, waits.length));
  const longestMs = Math.max(AT_ONCE_MS, waits.at(-1) ?? 0) * behind + again;
  const leavingMs = waits[Math.floor(ANSWERED * waits.length)] ?? 0;
  const isAway = (user: UserLine) => wasTurnedAway(user, asked.kind === 'tcp', longestMs);
  const turnedAway = new Set<number>();
  let all = 0;
  for (const user of users) {
    if (!isAway(user)) continue;
    turnedAway.add(user.id);
    all += 1;
  }
  const isKept = ({ id, openMs }: UserLine) => openMs !== undefined && !turnedAway.has(id);
  if (!users.some(isKept)) return undefined;

  const held = new Holds(holdsOf(users, isKept));
  const height = held.height();
  const heldBeside = (user: UserLine) => {
    const cameAt = arrivedAt(user);
    const goneWithIt = held.cutBy(failedAt(user) + TOGETHER_MS);
    return held.cameBefore(cameAt, user.id) - held.leftBy(cameAt - leavingMs) - goneWithIt;
  };
  const levelOf = (user: UserLine) => Math.min(1, Math.max(0, heldBeside(user) / height));
  let level = 0;
  if (all > 0) for (const user of users) if (isAway(user)) level += levelOf(user) / all;
  return { height, turnedAway, level };
}

/** How long each user waited until it was open, ms, the shortest first. */
function waitsOf(users: Iterable<UserLine>): Float64Array {
  const waits = new NumberList();
  for (const { openMs, connectedMs = 0 } of users) if (openMs !== undefined) waits.push(openMs - connectedMs);
  return waits.sort();
}

function* holdsOf(users: Iterable<UserLine>, isKept: (user: UserLine) => boolean): Generator<Hold> {
  for (const user of users) {
    if (isKept(user)) yield holdOf(user);
    yield* (user.earlier ?? []).flatMap(holdOfEarlier);
  }
}

function holdOf(user: UserLine): Hold {
  const { id, startedAt, endedMs = Infinity, leftMs = endedMs } = user;
  return { id, from: arrivedAt(user), to: startedAt + leftMs, cut: user.outcome !== 'open' };
}

function holdOfEarlier({ startedAt, openMs, endedMs }: EarlierAttempt): Hold[] {
  return openMs === undefined ? [] : [{ id: 0, from: startedAt, to: startedAt + endedMs, cut: true }];
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

/** On a quiet link the handshake is over as soon as it begins; a user that had to repeat its SYN arrived when that got through. */
function arrivedAt({ startedAt, connectedMs = 0 }: UserLine): number {
  return startedAt + (connectedMs >= SLOW_CONNECT_MS ? connectedMs : 0);
}

/**
 * Closes by chance while users arrive find half of them open, on average. A single such close may find any number, so a few must be
 * nearer to the top. If lower, closes at the end of a ramp count as a cap. If higher, a cap on a busy machine is missed.
 */
const FLAT = { few: 0.99, many: 0.95, disordered: 0.9 };
/**
 * This many closes by chance are `many` on average once in 100 000 times (0.25⁵ / 5!), `disordered` once in 4000, and one is `few` once
 * in 100.
 */
const FEW = 5;

/** Whether this many were turned away at the height itself, by their average level. `disordered`: their order was seen only in part. */
export function isAtTheTop(level: number, turnedAway: number, disordered = false): boolean {
  if (turnedAway < FEW) return level >= FLAT.few;
  return level >= (disordered ? FLAT.disordered : FLAT.many);
}
