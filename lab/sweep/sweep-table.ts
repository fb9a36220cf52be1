import { duration } from '../../common/format.ts';
import { standing } from './result.ts';
import type { SweepCell, SweepDocument } from './sweep-document.ts';

/** Names of what varies, over all cells, in the order in which they first appear. */
export function axesOf(cells: readonly SweepCell[]): string[] {
  return [...new Set(cells.flatMap(({ varies }) => Object.keys(varies)))];
}

/** The cells as a table for people; valid Markdown too. */
export function sweepTable({ cells }: SweepDocument): string {
  const axes = axesOf(cells);
  const header = [...axes, 'open', 'failed', 'predicted', 'causes', 'time', 'result'];
  const rows = cells.map((cell) => [
    ...axes.map((name) => `${cell.varies[name] ?? ''}`),
    ...(cell.verdict ? [`${cell.users.open}`, `${cell.users.failed}`] : ['-', '-']),
    `${cell.verdict?.threshold.predicted ?? '-'}`,
    cell.causes.join(', ') || '-',
    duration(cell.wallMs),
    resultText(cell),
  ]);
  const widths = header.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((text, index) => text.replaceAll('|', '/').padEnd(widths[index] ?? 0)).join(' | ')} |`;
  const rule = `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`;
  return [line(header), rule, ...rows.map(line)].join('\n');
}

function resultText(cell: SweepCell): string {
  const { error, expected } = cell;
  switch (standing(cell)) {
    case 'error':
      return `cannot run: ${error}`;
    case 'unmet':
      return `NOT as expected: ${expected?.says ?? 'a failure without a known cause'}`;
    case 'met':
      return expected ? `as expected: ${expected.says}` : 'ran';
  }
}

/** `128 users asked, 104 open, 24 failed: 24 × reset in upgrade (ECONNRESET)` */
export function usersText({ users }: SweepCell): string {
  const kinds = users.by
    .filter(({ outcome }) => outcome !== 'open')
    .map(
      ({ outcome, stage, errno, count }) => `${count} × ${outcome} in ${stage}${errno ? ` (${errno})` : ''}`,
    );
  const head = `${users.asked} users asked, ${users.open} open, ${users.failed} failed`;
  return kinds.length === 0 ? head : `${head}: ${kinds.join(', ')}`;
}

/** `8 cells: 6 as expected, 1 not, 1 could not run` */
export function tallyText({ cells }: SweepDocument): string {
  const of = (what: string) => cells.filter((cell) => standing(cell) === what).length;
  return `${cells.length} cells: ${of('met')} as expected, ${of('unmet')} not, ${of('error')} could not run`;
}
