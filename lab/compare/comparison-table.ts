import { join } from 'node:path';
import { styleText } from 'node:util';
import { count, fromHere } from '../../common/format.ts';
import type { Column, CompareDocument, Difference, GridPoint } from './comparison-document.ts';
import { figureText } from './number-or-range.ts';
import { headingOf, nameOf, sectionsOf } from './rows.ts';

/** The comparison as a person reads it on a terminal. */
export function compareText(document: CompareDocument): string {
  const { columns, differences, grid, complete, path } = document;
  const lines = [
    ...columns.map((column) => `${styleText('bold', headingOf(column))}  ${column.from}`),
    ...sideBySide(columns),
    ...differencesText(differences),
    ...columns.flatMap(notesText),
    ...(grid === null ? [] : ['', ...gridText(grid)]),
    ...(complete ? [] : ['', styleText('yellow', 'incomplete: interrupted')]),
    ...(path ? ['', `report: ${fromHere(join(path, 'compare.html'))}`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function sideBySide(columns: readonly Column[]): string[] {
  const sections = sectionsOf(columns);
  const heads = ['', ...columns.map(headingOf)];
  const body = sections.flatMap(({ rows }) => rows.map(({ name, cells }) => [`  ${name}`, ...cells]));
  const widths = widthsOf([heads, ...body]);
  return [
    '',
    line(heads, widths),
    ...sections.flatMap(({ title, rows }) => [
      styleText('bold', title),
      ...rows.map(({ name, cells }) => line([`  ${name}`, ...cells], widths)),
    ]),
  ];
}

function differencesText(differences: readonly Difference[]): string[] {
  return [
    '',
    styleText(
      'bold',
      differences.length === 0 ? 'no difference shows' : count(differences.length, 'difference'),
    ),
    ...differences.flatMap(({ what, left, right, why, sources }, index) => [
      `${index + 1}. ${styleText('bold', what)}`,
      `   left   ${left}`,
      `   right  ${right}`,
      `   ${why}  ${styleText('dim', `[${sources.join('; ')}]`)}`,
    ]),
  ];
}

function notesText(column: Column): string[] {
  const { source, notes } = column;
  if (notes.length === 0) return [];
  const says = source === 'predicted' ? 'the prediction rests on' : 'of the run';
  return ['', `${nameOf(column)}: ${says}`, ...notes.map((note) => `  ${note}`)];
}

/** The points of the grid as one table. */
export function gridText(points: readonly GridPoint[]): string[] {
  const heads = ['nofile', 'backlog', 'ramp', ...(points[0]?.columns ?? []).map(({ name }) => name)];
  const rows = points.map(({ nofile, backlog, ramp, columns }) => [
    String(nofile),
    String(backlog),
    ramp === '0' ? 'at once' : ramp,
    ...columns.map(gridCell),
  ]);
  const widths = widthsOf([heads, ...rows]);
  return [heads, ...rows].map((cells) => line(cells, widths));
}

/** Who was open and how the others failed, with its label. */
export function gridCell({ users, source }: Column): string {
  const failed = new Map<string, Column['users']['by']>();
  for (const group of users.by) {
    if (group.outcome === 'open') continue;
    failed.set(group.outcome, [...(failed.get(group.outcome) ?? []), group]);
  }
  const others = [...failed].map(([outcome, groups]) => {
    const [only] = groups;
    // Ranges of several groups do not add up to the range of all: the failed users are told as a whole then.
    return groups.length === 1 && only
      ? `${figureText(only.count)} ${outcome}`
      : failed.size === 1
        ? `${figureText(users.failed)} ${outcome}`
        : groups.map(({ count: users, errno }) => `${figureText(users)} ${outcome} ${errno}`).join(', ');
  });
  return `${source}: ${[`${figureText(users.open)} open`, ...others].join(', ')}`;
}

function widthsOf(rows: readonly string[][]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
}

function line(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd();
}
