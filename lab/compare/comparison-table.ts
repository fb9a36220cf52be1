import { join } from 'node:path';
import { styleText } from 'node:util';
import { count, fromHere } from '../../common/format.ts';
import { columns as inColumns } from '../../common/table.ts';
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
  const body = sections.flatMap(({ rows }) => rows.map(({ name, cells }) => [`  ${name}`, ...cells]));
  const [heads = '', ...lines] = inColumns([['', ...columns.map(headingOf)], ...body]);
  return [
    '',
    heads,
    ...sections.flatMap(({ title, rows }) => [styleText('bold', title), ...lines.splice(0, rows.length)]),
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
function gridText(points: readonly GridPoint[]): string[] {
  return inColumns([
    ['nofile', 'backlog', 'ramp', ...(points[0]?.columns ?? []).map(({ name }) => name)],
    ...points.map(({ nofile, backlog, ramp, columns }) => [
      String(nofile),
      String(backlog),
      ramp === '0' ? 'at once' : ramp,
      ...columns.map(gridCell),
    ]),
  ]);
}

/** Who was open and how the others failed, with its label. */
export function gridCell({ users, source }: Column): string {
  const failed = Map.groupBy(
    users.by.filter(({ outcome }) => outcome !== 'open'),
    ({ outcome }) => outcome,
  );
  const others = [...failed].map(([outcome, groups]) => {
    const [only, ...more] = groups;
    if (only && more.length === 0) return `${figureText(only.count)} ${outcome}`;
    // Ranges of several groups do not add up to the range of all: the failed users are told as a whole then.
    if (failed.size === 1) return `${figureText(users.failed)} ${outcome}`;
    return groups.map(({ count: users, errno }) => `${figureText(users)} ${outcome} ${errno}`).join(', ');
  });
  return `${source}: ${[`${figureText(users.open)} open`, ...others].join(', ')}`;
}
