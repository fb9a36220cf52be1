import { columns, markdownTable } from '../../common/table.ts';
import type { Row } from './figures.ts';
import type { Goal } from './goals.ts';

const COLUMNS = [
  'driver',
  'users',
  'settled ms',
  'users/s',
  'µs/user',
  'peak MB',
  'bytes/user',
  'gateway µs/user',
  'gateway MB',
  'observer %',
  'failed',
];

/** The rows as a table for people; a valid Markdown table too. */
export function tableOf(rows: readonly Row[]): string {
  const body = rows.map((row) => [
    row.driver,
    `${row.users}`,
    `${Math.round(row.settledMs)}`,
    `${row.usersPerSecond}`,
    `${Math.round(row.cpuMicrosPerUser)}`,
    megabytes(row.peakBytes),
    `${row.bytesPerUser}`,
    `${Math.round(row.gateway.cpuMicrosPerUser)}`,
    megabytes(row.gateway.peakBytes),
    row.observerCpuPercent === null ? '-' : row.observerCpuPercent.toFixed(1),
    `${row.failed}`,
  ]);
  return markdownTable(COLUMNS, body, ['left', 'right']);
}

/** One line a goal: the figure, the goal, and whether it was reached. */
export function goalLines(goals: readonly Goal[]): string[] {
  return columns(
    goals.map(({ name, value, unit, goal, is, reached }) => {
      const figure = `${value}${unit && ` ${unit}`}`;
      return [
        name,
        goal === null ? figure : `${figure}  (goal: ${is} ${goal}: ${reached ? 'reached' : 'MISSED'})`,
      ];
    }),
  );
}

/** What the reader has to know about the figures. */
export function notesOf(rows: readonly Row[], ownNamespace: boolean): string[] {
  const bare = rows.filter(({ driver }) => driver === 'bare');
  const fastest = Math.max(0, ...bare.map(({ usersPerSecond }) => usersPerSecond));
  return [
    'per user: without the cost of a fleet of one user; all figures are medians, failed is the sum',
    ...(fastest > 0
      ? [
          `the gateway is the limit: it accepts at most ${fastest} users/s here, measured with the bare client`,
        ]
      : []),
    ...notesOn(rows, ({ failed, trials }) =>
      failed > 0 ? `${failed} failed in ${trials} trials: this row measures nothing` : undefined,
    ),
    ...notesOn(rows, ({ late }) =>
      late > 0 ? `${late} arrived after the round had begun: this row measures nothing` : undefined,
    ),
    ...notesOn(rows, ({ bets }) =>
      bets && bets.acked < bets.placed ? `${bets.placed} bets placed, ${bets.acked} acked` : undefined,
    ),
    ...(ownNamespace ? [] : ['no network namespace: somaxconn and the local ports are those of this host']),
  ];
}

/** What `says` says of these rows, with whose row it is. */
function notesOn(rows: readonly Row[], says: (row: Row) => string | undefined): string[] {
  return rows.flatMap((row) => {
    const said = says(row);
    return said === undefined ? [] : [`${row.driver}, ${row.users} users: ${said}`];
  });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
