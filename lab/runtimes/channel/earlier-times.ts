import { type ConnectionRow, earlierRow } from '../../../protocol/connection-rows.ts';

/** Fields of the lines of parts that are moments, ms since the epoch (protocol/). */
const MOMENTS = new Set(['at', 'startedAt', 'until', 'first', 'last']);

/** Fields in which there are such fields: earlier attempts of a user, failed connects of a server, the calls that came back with EMFILE. */
const WITH_MOMENTS = new Set(['earlier', 'connects', 'emfileAt']);

/** A line of a part whose clock is ahead of the lab's, with its moments so many ms earlier: as the lab's clock has them. */
export function withEarlierTimes(line: unknown, ms: number): unknown {
  return ms === 0 ? line : earlier(line, ms);
}

function earlier(value: unknown, ms: number): unknown {
  if (Array.isArray(value)) return value.map((one) => earlier(one, ms));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => {
      if (MOMENTS.has(name) && typeof held === 'number') return [name, held - ms];
      if (WITH_MOMENTS.has(name)) return [name, earlier(held, ms)];
      if (name === 'rows' && Array.isArray(held))
        return [name, held.map((row: ConnectionRow) => earlierRow(row, ms))];
      return [name, held];
    }),
  );
}
