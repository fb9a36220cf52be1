import { count, percent } from '../../../common/format.ts';
import type { Clock, ClockKind, UnclearClock } from '../../facts/clocks.ts';
import type { PoolCuts } from '../../facts/pool-cuts.ts';
import {
  byEnds,
  contributing,
  type Facts,
  type Item,
  item,
  type Signs,
  type UserLine,
  uncounted,
  undecided,
  wasCut,
} from './cause.ts';
import { ledgerItem, untoldItem } from './ledger-items.ts';

/** What the causes share that are clocks of a server that is not ours, seen from outside. */

const AFTER: Readonly<Record<ClockKind, string>> = {
  silence: 'after the same silence',
  age: 'at the same age',
  'first word': 'at the same age, before the client sent anything',
};

/**
 * In a pool that shrinks, this part of the ended connections had been answered, and other connections of their hosts were served on. If
 * lower, users who are cut are taken for such a pool.
 */
const MOSTLY = 0.9;
/** If the ended connections were needed, this part of their hosts connects again at once. If lower, hosts that connect anyway count as back. */
const CAME_BACK = 0.5;
/** Up to this part of all connections may send nothing: they are opened ahead of use, and never used. If lower, these count as failures. */
const AHEAD_OF_USE = 0.05;

/** The clock that ended this user's open connection, as the server's kernel shows it. */
export function clockOfUser(
  user: UserLine,
  { outside, connections, connectionOf }: Facts,
): Clock | undefined {
  if (outside === undefined || connections === undefined) return undefined;
  if (!wasCut(user) && user.outcome !== 'closed') return undefined;
  const line = connectionOf(user);
  return line && connections.clocks.of(line);
}

/** The clocks of this kind, one item each. */
export function clockItems({ connections }: Facts, kind: ClockKind): Item[] {
  const { found = [], unclear = [] } = connections?.clocks ?? {};
  const own = found.filter((clock) => clock.kind === kind);
  if (own.length > 0) return own.map(clockItem);
  return unclear.filter((one) => mayBe(one, kind)).map(unclearItem);
}

function clockItem({ kind, ms, least, most, ended, of, beatMs }: Clock): Item {
  const beat = beatMs === undefined ? '' : `: the server checks every ${inSeconds(beatMs)}`;
  const value = beatMs === undefined ? `${ms} ms` : `about ${Math.max(0, least)} ms`;
  const says = `the server closed ${ended} of ${of} connections ${AFTER[kind]}: ${value} (${least} to ${most} ms${beat})`;
  return item('ledger', nameOf(kind), least, most, says, beatMs === undefined ? ms : least);
}

const nameOf = (kind: ClockKind) =>
  kind === 'silence' ? 'silence of those closed (ms)' : 'age of those closed (ms)';
const inSeconds = (ms: number) => (ms === 1000 ? 'second' : `${ms / 1000} s`);

function mayBe({ whom }: UnclearClock, kind: ClockKind): boolean {
  return kind === 'first word' ? whom === 'silent' : whom === 'spoken' || kind === 'silence';
}

function unclearItem({ silentMs, ageMs, ended, same, toldBefore, whom }: UnclearClock): Item {
  const told = toldBefore ? ', just after the server sent something: an answer, or a goodbye' : '';
  const age = ageMs === undefined ? '' : `${ageMs} ms after the handshake`;
  const both =
    whom === 'silent'
      ? `${age}, before their clients sent anything`
      : `${silentMs} ms after the last data${age === '' ? '' : ` and ${age}`}`;
  const why = {
    age: 'silence and age are the same here: users that send at different times would show which one counts',
    moment:
      'all closed at one moment, by a clock or on purpose: users that arrive at different times (--ramp) would show which',
    unknown: 'their age is not known: start the watch before they arrive',
  }[same];
  return item(
    'ledger',
    'silence and age of those closed (ms)',
    silentMs,
    ageMs ?? null,
    `the server closed ${count(ended, 'connection')} ${both}${told}; ${why}`,
  );
}

/** What the kernel alone shows of the clocks of this kind. */
export function signsOfClock(facts: Facts, kind: ClockKind): Signs {
  const { connections, outside, gateway } = facts;
  if (outside === undefined || connections === undefined)
    return uncounted(undecided(outside ? [untoldItem(outside)] : []));
  const { clocks, cuts, ends, came } = connections;
  const own = clocks.found.filter((clock) => clock.kind === kind);
  const items = [...clockItems(facts, kind), ledgerItem(facts)];
  if (own.length === 0) {
    const closed = connections.heldEnds.length > 0 || facts.failed.length > 0 || gateway.exit !== undefined;
    return closed
      ? uncounted(undecided([noClock(connections.heldEnds.length, kind), ...items]))
      : byEnds([], items);
  }
  const harmful = own.filter((clock) => isHarmful(clock, cuts.get(clock), came));
  const raced = harmful.reduce((sum, clock) => sum + (cuts.get(clock)?.raced ?? 0), 0);
  const counted = harmful.reduce((sum, clock) => sum + clock.ended, 0) - raced;
  const pools = own.flatMap((clock) =>
    harmful.includes(clock) ? [] : poolItem(clock, cuts.get(clock), came),
  );
  if (counted < 1) return uncounted(contributing([...items, ...pools]));
  const isOne = (one: Clock | undefined) => one !== undefined && harmful.includes(one);
  const failed = ends.filter(({ line }) => isOne(clocks.of(line)));
  return {
    ...byEnds(failed, [...items, ...pools]),
    verdict: 'confirmed',
    for: [...items, ...pools],
    against: [],
    counted,
  };
}

function noClock(closed: number, kind: ClockKind): Item {
  const says = `the server closed ${count(closed, 'connection')} later than at once; no ${FEWEST} of them are known to have ended ${AFTER[kind]}`;
  return item('ledger', 'closed by the server later', 0, closed, says);
}

const FEWEST = 5;

/**
 * A pool of HTTP connections that shrinks fails nobody: each connection had been answered, and its owner was served on by other
 * connections and did not replace it at once.
 */
function isHarmful({ ended, kind }: Clock, cuts: PoolCuts | undefined, came: number): boolean {
  if (kind === 'first word') return ended > AHEAD_OF_USE * came;
  if (cuts === undefined) return true;
  const { afterAnswer, servedOn, cameBack, raced } = cuts;
  const calm = ended - raced;
  return afterAnswer < MOSTLY * calm || servedOn < MOSTLY * ended || cameBack >= CAME_BACK * ended;
}

function poolItem({ ended, kind }: Clock, cuts: PoolCuts | undefined, came: number): Item {
  const says =
    kind === 'first word'
      ? `${percent(ended / Math.max(1, came))} of all connections: those opened ahead of use look the same`
      : `${cuts?.afterAnswer ?? 0} of them had been answered, and their hosts were served on by other connections: a pool that shrinks`;
  return item('ledger', 'closed in order, served on', 0, ended, says);
}
