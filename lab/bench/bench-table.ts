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
  return markdownTable(COLUMNS, body);
}

/** A table whose first column is to the left and whose others are to the right. */
export function markdownTable(heads: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = heads.map((name, i) => Math.max(name.length, ...body.map((cells) => cells[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(heads), rule, ...body.map(line)].join('\n');
}

/** One line a goal: the figure, the goal, and whether it was reached. */
export function goalLines(goals: readonly Goal[]): string[] {
  const width = Math.max(0, ...goals.map(({ name }) => name.length));
  return goals.map(({ name, value, unit, goal, is, reached }) => {
    const figure = `${name.padEnd(width)}  ${value}${unit && ` ${unit}`}`;
    return goal === null ? figure : `${figure}  (goal: ${is} ${goal}: ${reached ? 'reached' : 'MISSED'})`;
  });
}

/** What the reader has to know about the figures. */
export function notesOf(rows: readonly Row[], ownNamespace: boolean): string[] {
  const bare = rows.filter(({ driver }) => driver === 'bare');
  const fastest = Math.max(0, ...bare.map(({ usersPerSecond }) => usersPerSecond));
  const notes = ['per user: beyond what a fleet of one costs; all figures are medians, failed is the sum'];
  if (fastest > 0) {
    notes.push(
      `the gateway is the limit: it accepts ${fastest} users/s at best here, the figure of the bare client`,
    );
  }
  for (const { driver, users, failed, trials } of rows) {
    if (failed > 0)
      notes.push(`${driver}, ${users} users: ${failed} failed in ${trials} trials: its row is no measure`);
  }
  for (const { driver, users, late } of rows) {
    if (late > 0)
      notes.push(`${driver}, ${users} users: ${late} came after the round had begun: its row is no measure`);
  }
  for (const { driver, users, bets } of rows) {
    if (bets && bets.acked < bets.placed) {
      notes.push(`${driver}, ${users} users: ${bets.placed} bets placed, ${bets.acked} acked`);
    }
  }
  if (!ownNamespace)
    notes.push('no network namespace: somaxconn and the local ports are as this host has them');
  return notes;
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
