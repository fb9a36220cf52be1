import type { UserLine } from '../../../protocol/fleet-events.ts';
import { INTERRUPTED } from '../../../robots/outcome.ts';
import type { Lines } from '../../evidence/packed-lines.ts';
import type { Table } from './series-table.ts';

/**
 * Users started, open and failed over time, from the line of each: exact at every moment, whatever the sampling. Three
 * columns in this order; x in seconds after `origin` (ms since the epoch), `until` the last.
 */
export function crowd(users: Lines<UserLine>, origin: number, until: number): Table {
  const moves = users.flatMap((user) => movesOf(user)).sort((a, b) => a.at - b.at);
  const table: Table = { x: [], columns: [[], [], []] };
  const now: [number, number, number] = [0, 0, 0];
  for (const { at, column, by } of moves) {
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

interface Move {
  at: number;
  column: 0 | 1 | 2;
  by: 1 | -1;
}

function movesOf({ startedAt, openMs, endedMs = 0, leftMs, outcome, detail }: UserLine): Move[] {
  const moves: Move[] = [{ at: startedAt, column: 0, by: 1 }];
  if (openMs !== undefined) moves.push({ at: startedAt + openMs, column: 1, by: 1 });
  if (leftMs !== undefined) moves.push({ at: startedAt + leftMs, column: 1, by: -1 });
  // Whoever an interruption cut short has not failed.
  if (outcome === 'open' || detail === INTERRUPTED) return moves;
  const end = startedAt + Math.max(endedMs, openMs ?? 0);
  if (openMs !== undefined) moves.push({ at: end, column: 1, by: -1 });
  return [...moves, { at: end, column: 2, by: 1 }];
}
