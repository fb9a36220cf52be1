import { defined } from '../../common/defined.ts';
import type { ConnectionLine, Witness } from '../../protocol/connection-events.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf, didTell, lostTo } from '../evidence/ledger/ledger.ts';
import { ByPlace, peerOf, tellAddresses } from '../evidence/place-of-user.ts';
import { type Clock, type ClockFacts, ClockTimes } from './clocks.ts';
import { type Fate, fateOf, wasAtOnce, wasServed, wasTakenTooLate } from './connection-fate.ts';
import { type HeldLevel, HeldMoments } from './held-level.ts';
import { type PoolCuts, poolCuts } from './pool-cuts.ts';

/** An end of a connection that the server or its kernel made, and that may have failed a user. */
export interface ServerEnd {
  /** When, ms since the epoch. */
  at: number;
  fate: Fate;
  /** It ended soon after its handshake, accepted as far as is known, and before both sides had sent something. */
  atOnce: boolean;
  /** All that is known of the connection. */
  line: ConnectionLine;
}

/** What the ledger shows of all connections of the server; there is one. */
export interface ConnectionFacts {
  /** The witnesses. */
  by: Witness[];
  /** Events that were lost: then anything that needs all connections is not known. */
  lost: number;
  /** Connections completed since the watch began. */
  came: number;
  fates: Partial<Record<Fate, number>>;
  /** Those that waited for accept(2) for a second or more: whose clients left in that time, and those that still waited at the end. */
  queued: { gaveUp: number; waiting: number };
  /** In the order of time. */
  ends: ServerEnd[];
  /** When connections ended that were accepted, served and soon over, ms since the epoch, in the order of time. */
  served: number[];
  /** When the server closed connections at once after an answer, before the client left, ms since the epoch, in the order of time. */
  toldAtOnce: number[];
  /** How many were open as it turned others away; undefined: none was, or the order is not known. */
  held?: HeldLevel;
  /** When longer connections ended that the server, or the end of one of its processes, closed first. */
  heldEnds: number[];
  /** Clocks of the server that ended connections. */
  clocks: ClockFacts;
  /** What happened to the connections that each clock ended. */
  cuts: ReadonlyMap<Clock, PoolCuts>;
  /** RSTs that the server's own kernel sent on its connections, at any time. */
  resets: number;
  /** The users whose connections the server reset, and those whose connections it closed with data unread. */
  resetUsers: ByPlace<true>;
  unreadUsers: ByPlace<true>;
  /**
   * Connections whose client received an RST that the server's TCP had not sent; none where events were lost, since it may have sent it.
   */
  forged: number;
}

const TELLERS: readonly Witness[] = ['ss -E', 'tracefs'];
const FAILED: ReadonlySet<Fate> = new Set<Fate>(['reset', 'never accepted', 'turned away', 'unanswered']);
const ENDS: ReadonlySet<Fate> = new Set<Fate>([...FAILED, 'reset or left', 'told and closed']);

/** Draws them from the ledger up to `until`, ms; undefined: nothing was recorded. */
export function connectionFacts({ ledger, fleet }: Evidence, until: number): ConnectionFacts | undefined {
  const by = TELLERS.filter((witness) => didTell(ledger, witness));
  if (by.length === 0) return undefined;
  const facts: Omit<ConnectionFacts, 'clocks' | 'cuts'> = {
    by,
    lost: 0,
    came: 0,
    fates: {},
    queued: { gaveUp: 0, waiting: 0 },
    ends: [],
    served: [],
    toldAtOnce: [],
    heldEnds: [],
    resets: 0,
    resetUsers: new ByPlace(),
    unreadUsers: new ByPlace(),
    forged: 0,
  };
  for (const witness of by) facts.lost += lostTo(ledger, witness);
  const placed = tellAddresses(fleet);
  const moments = new HeldMoments();
  const times = new ClockTimes();
  for (const line of connectionsOf(ledger)) {
    const at = line.closed?.is ?? line.at;
    if (line.complete !== undefined) facts.came += 1;
    // An end with the load, or after it, is an end of the load.
    const fate = at > until ? 'open' : fateOf(line);
    times.add(line, fate);
    facts.fates[fate] = (facts.fates[fate] ?? 0) + 1;
    if (wasLeftQueued(line)) facts.queued[line.closedBy?.is === 'client' ? 'gaveUp' : 'waiting'] += 1;
    if (fate !== 'open' && line.reset?.is === 'server') facts.resets += 1;
    if (line.forged?.is) facts.forged += 1;
    // One unread byte may be a FIN.
    const least = (line.unread?.is ?? 0) - (line.unread?.within ?? 0);
    if (fate === 'reset' || fate === 'reset or left') {
      const { port, address } = peerOf(line.remote);
      const peer = placed ? { port, address } : { port };
      facts.resetUsers.set(peer, true);
      if (least > 0) facts.unreadUsers.set(peer, true);
    }
    if ((fate === 'served' || fate === 'left') && wasAtOnce(line) && wasServed(line)) facts.served.push(at);
    if (fate === 'served' && line.closedBy?.is === 'server' && wasAtOnce(line)) facts.toldAtOnce.push(at);
    if (fate !== 'open' && line.closedBy?.is === 'server' && !wasAtOnce(line)) facts.heldEnds.push(at);
    const atOnce = ENDS.has(fate) && fate !== 'never accepted' && wasAtOnce(line) && !wasServed(line);
    if (fate !== 'never accepted') moments.add(fate === 'open' ? { ...line, open: true } : line, atOnce);
    if (ENDS.has(fate)) facts.ends.push({ at, fate, atOnce, line });
  }
  const clocks = times.clocks();
  // A connection that a clock ended had been accepted before, however short the clock is.
  for (const end of facts.ends) if (end.atOnce && clocks.of(end.line)) end.atOnce = false;
  Object.assign(facts, defined({ held: moments.level() }));
  if (facts.lost > 0) facts.forged = 0;
  facts.ends.sort((a, b) => a.at - b.at);
  facts.served.sort((a, b) => a - b);
  facts.toldAtOnce.sort((a, b) => a - b);
  facts.heldEnds.sort((a, b) => a - b);
  const cuts = clocks.found.length > 0 ? poolCuts(connectionsOf(ledger), clocks, until) : new Map();
  return { ...facts, clocks, cuts };
}

/**
 * It was not accepted when the watch ended, or before its client left, and it was not new. A connection that has gone may have been
 * accepted after the last sample.
 */
function wasLeftQueued(line: ConnectionLine): boolean {
  if (line.age === undefined || wasAtOnce(line)) return false;
  return (line.open === true && line.accepted?.is === false) || wasTakenTooLate(line);
}

/**
 * Where only the last state of the socket is known, a client that sends something and leaves, and that the server then closes, looks like
 * one that was reset. So this few, or this part, are no failure. If higher, a server that resets some users is said to be well. If lower,
 * a hasty health check is a failure.
 */
const MAYBE = { few: 5, part: 0.02 };

/** The ends that failed a user, beyond doubt or in such number. */
export function failedEnds({ ends, came }: Pick<ConnectionFacts, 'ends' | 'came'>): ServerEnd[] {
  const maybe = ends.filter(({ fate }) => fate === 'reset or left').length;
  const many = maybe > Math.max(MAYBE.few, MAYBE.part * came);
  return ends.filter(({ fate }) => FAILED.has(fate) || (many && fate === 'reset or left'));
}
