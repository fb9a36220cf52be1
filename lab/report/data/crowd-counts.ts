import type { UserLine } from '../../../protocol/fleet-events.ts';
import { INTERRUPTED } from '../../../robots/outcome.ts';
import type { Lines } from '../../evidence/packed-lines.ts';
import type { Table } from './series-table.ts';

/**
 * Users started, open and failed over time, from the line of each: exact at every moment, whatever the sampling. Three
 * columns in this order; x in seconds after `origin` (ms since the epoch), `until` the last.
 */
export function crowd(users: Lines<UserLine>, origin: number, until: number): Table {
  const moves = movesOf(users);
  const order = Uint32Array.from(moves.at, (_, index) => index);
  order.sort((a, b) => (moves.at[a] as number) - (moves.at[b] as number));
  const table: Table = { x: [], columns: [[], [], []] };
  const now: [number, number, number] = [0, 0, 0];
  for (const move of order) {
    const at = moves.at[move] as number;
    const [column, by] = MOVES[moves.kinds[move] as number] as (typeof MOVES)[number];
    now[column] += by;
    const x = seconds(at - origin);
    const last = table.x.length - 1;
    const index = table.x[last] === x ? last : last + 1;
    table.x[index] = x;
    for (const [number, value] of now.entries()) (table.columns[number] as number[])[index] = value;
  }
  // What they are when the last has moved they stay.
  if (until > (table.x.at(-1) ?? until)) {
    table.x.push(until);
    for (const column of table.columns) column.push(column.at(-1) ?? 0);
  }
  return table;
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

/** When, ms since the epoch, and which of MOVES: of many users, numbers and no objects. */
function movesOf(users: Lines<UserLine>): { at: number[]; kinds: number[] } {
  const [at, kinds]: [number[], number[]] = [[], []];
  const move = (time: number, kind: number) => {
    at.push(time);
    kinds.push(kind);
  };
  for (const { startedAt, openMs, endedMs = 0, leftMs, outcome, detail } of users) {
    move(startedAt, STARTS);
    if (openMs !== undefined) move(startedAt + openMs, OPENS);
    if (leftMs !== undefined) move(startedAt + leftMs, GOES);
    // Whoever an interruption cut short has not failed.
    if (outcome === 'open' || detail === INTERRUPTED) continue;
    const end = startedAt + Math.max(endedMs, openMs ?? 0);
    if (openMs !== undefined) move(end, GOES);
    move(end, FAILS);
  }
  return { at, kinds };
}
