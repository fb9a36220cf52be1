import type { UserLine } from '../../../protocol/fleet-events.ts';
import { wasCutShort } from '../../../robots/outcome.ts';
import type { Lines } from '../../evidence/packed-lines.ts';
import type { LongTable } from './series-table.ts';

/**
 * Users started, open and failed over time, from the line of each: exact at every moment, whatever the sampling. Three
 * columns in this order; x in seconds after `origin` (ms since the epoch), `until` the last.
 */
export function crowd(users: Lines<UserLine>, origin: number, until: number): LongTable {
  const moves = movesOf(users);
  const order = Uint32Array.from(moves.at, (_, index) => index);
  order.sort((a, b) => (moves.at[a] as number) - (moves.at[b] as number));
  const most = order.length + 1;
  const x = new Float64Array(most);
  const columns = [new Int32Array(most), new Int32Array(most), new Int32Array(most)] as const;
  let last = -1;
  const put = (at: number, values: readonly [number, number, number]) => {
    if (x[last] !== at) last += 1;
    x[last] = at;
    for (const [number, column] of columns.entries()) column[last] = values[number] as number;
  };
  const now: [number, number, number] = [0, 0, 0];
  for (const move of order) {
    const at = moves.at[move] as number;
    const [column, by] = MOVES[moves.kinds[move] as number] as (typeof MOVES)[number];
    now[column] += by;
    put(seconds(at - origin), now);
  }
  // What they are when the last has moved they stay.
  if (until > (x[last] ?? until)) put(until, now);
  return {
    x: x.subarray(0, last + 1),
    columns: columns.map((column) => column.subarray(0, last + 1)),
  };
}

/** Milliseconds as seconds, to a tenth of a millisecond. */
export function seconds(ms: number): number {
  return Math.round(ms * 10) / 10_000;
}

/** What a user does to the columns: one more started, open, one open less, one more failed. */
const MOVES = [
  [0, 1],
  [1, 1],
  [1, -1],
  [2, 1],
] as const;
const [STARTS, OPENS, GOES, FAILS] = [0, 1, 2, 3] as const;
/** Of one user: it starts, opens, leaves, goes, fails. */
const MOST_MOVES = 5;

/** When, ms since the epoch, and which of MOVES: of many users, numbers and no objects. */
function movesOf(users: Lines<UserLine>): { at: Float64Array; kinds: Uint8Array } {
  const most = MOST_MOVES * users.length;
  const [at, kinds] = [new Float64Array(most), new Uint8Array(most)];
  let length = 0;
  const move = (time: number, kind: number) => {
    at[length] = time;
    kinds[length] = kind;
    length += 1;
  };
  for (const user of users) {
    const { startedAt, openMs, endedMs = 0, leftMs, outcome } = user;
    move(startedAt, STARTS);
    if (openMs !== undefined) move(startedAt + openMs, OPENS);
    if (leftMs !== undefined) move(startedAt + leftMs, GOES);
    // Who was cut short has not failed.
    if (outcome === 'open' || wasCutShort(user)) continue;
    const end = startedAt + Math.max(endedMs, openMs ?? 0);
    if (openMs !== undefined) move(end, GOES);
    move(end, FAILS);
  }
  return { at: at.subarray(0, length), kinds: kinds.subarray(0, length) };
}
