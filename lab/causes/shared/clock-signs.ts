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

/** What the causes have in common that are clocks of a stranger's server, seen from outside. */

const AFTER: Readonly<Record<ClockKind, string>> = {
  silence: 'after the same silence',
  age: 'at the same age',
  'first word': 'at the same age, and the client had said nothing',
};

/** So many of those ended must have been served, and their hosts served on, to be a pool that shrinks. Lower, and users that are cut are none. */
const MOSTLY = 0.9;
/** So many of those ended come back at once where they were needed. Lower, and whoever comes anyway has come back. */
const CAME_BACK = 0.5;
/** Of all that came so few say nothing: connections opened ahead of use, and never used. Lower, and these are failures. */
const AHEAD_OF_USE = 0.05;

/** The clock that ended this user's connection while it stayed, as the server's kernel tells it. */
export function clockOfUser(
  user: UserLine,
  { outside, connections, connectionOf }: Facts,
): Clock | undefined {
  if (outside === undefined || connections === undefined) return undefined;
  if (!wasCut(user) && user.outcome !== 'closed') return undefined;
  const line = connectionOf(user);
  return line && connections.clocks.of(line);
}

/** The clocks of this kind, an item each; of users that one of ours failed as well. */
export function clockItems({ connections }: Facts, kind: ClockKind): Item[] {
  const { found = [], unclear = [] } = connections?.clocks ?? {};
  const own = found.filter((clock) => clock.kind === kind);
  if (own.length > 0) return own.map(clockItem);
  return unclear.filter((one) => mayBe(one, kind)).map(unclearItem);
}

function clockItem({ kind, ms, least, most, ended, of, beatMs }: Clock): Item {
  const beat = beatMs === undefined ? '' : `, since it looks each ${inSeconds(beatMs)}`;
  const value = beatMs === undefined ? `${ms} ms` : `about ${Math.max(0, least)} ms`;
  const says = `closed by the server ${AFTER[kind]}: ${value}, ${ended} of ${of} (${least} to ${most}${beat})`;
  return item('ledger', nameOf(kind), least, most, says, beatMs === undefined ? ms : least);
}

const nameOf = (kind: ClockKind) =>
  kind === 'silence' ? 'silence of those closed (ms)' : 'age of those closed (ms)';
const inSeconds = (ms: number) => (ms === 1000 ? 'second' : `${ms / 1000} s`);

function mayBe({ whom }: UnclearClock, kind: ClockKind): boolean {
  return kind === 'first word' ? whom === 'silent' : whom === 'spoken' || kind === 'silence';
}

function unclearItem({ silentMs, ageMs, ended, same, toldBefore, whom }: UnclearClock): Item {
  const told = toldBefore ? ', and the server had spoken just before: its answer, or a goodbye' : '';
  const age = ageMs === undefined ? '' : `${ageMs} ms after the handshake`;
  const both =
    whom === 'silent'
      ? `${age}, and they had said nothing`
      : `${silentMs} ms after the last word${age === '' ? '' : ` and ${age}`}`;
  const why = {
    age: 'which of the two it goes by is not known: users that speak at different times would tell',
    moment:
      'all at one moment: a clock, or somebody who closed them all; users that come at different times (--ramp) would tell',
    unknown: 'how old they were is not known: a watch that begins before they come would tell',
  }[same];
  return item(
    'ledger',
    'silence and age of those closed (ms)',
    silentMs,
    ageMs ?? null,
    `${ended} closed by the server ${both}${told}; ${why}`,
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
  const says = `${count(closed, 'connection')} closed by the server later than at once, and of no ${FEWEST} it is known that they were ${AFTER[kind]}`;
  return item('ledger', 'closed by the server later', 0, closed, says);
}

const FEWEST = 5;

/**
 * A pool of HTTP connections that shrinks fails nobody: each had been answered, its owner was served on by others, and did not come
 * back at once to replace it.
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
      ? `${percent(ended / Math.max(1, came))} of those that came: connections opened ahead of use look the same`
      : `${cuts?.afterAnswer ?? 0} had been answered, and their hosts were served on by other connections: a pool that shrinks`;
  return item('ledger', 'closed in order, served on', 0, ended, says);
}
