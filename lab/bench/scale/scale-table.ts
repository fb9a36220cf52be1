import { markdownTable } from '../../../common/table.ts';
import type { ScaleRow, UserCost } from './scale-rows.ts';
import { SCALE_PARTS } from './scale-run.ts';

const COLUMNS = ['users', 'gateways', 'part', 'settled ms', 'µs/user', 'bytes/user', 'bets acked', 'failed'];

/** The rows as a table for people, everything first and then its parts; a valid Markdown table too. */
export function scaleTable(rows: readonly ScaleRow[]): string {
  const body = rows.flatMap((row) => [
    cells(row, 'everything', row, [`${Math.round(row.settledMs)}`, `${row.bets.acked}`, `${row.failed}`]),
    ...SCALE_PARTS.map((name) => cells(row, name, row.parts[name], ['', '', ''])),
  ]);
  return markdownTable(COLUMNS, body, ['right', 'right', 'left', 'right']);
}

function cells(
  { users, gateways }: ScaleRow,
  part: string,
  cost: UserCost | null,
  [settled, acked, failed]: [string, string, string],
): string[] {
  return [
    `${users}`,
    `${gateways}`,
    part,
    settled,
    cost ? `${Math.round(cost.cpuMicrosPerUser)}` : '-',
    cost ? `${cost.bytesPerUser}` : '-',
    acked,
    failed,
  ];
}
