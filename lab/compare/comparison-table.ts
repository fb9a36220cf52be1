import { basename, join } from 'node:path';
import { styleText } from 'node:util';
import { count, duration, fromHere } from '../../common/format.ts';
import { nextLines } from '../../common/next.ts';
import { columns as inColumns } from '../../common/table.ts';
import { wayOf } from '../facts/user-groups.ts';
import { nextAfterComparison } from './after-comparison.ts';
import {
  type Column,
  type CompareDocument,
  type Difference,
  type GridPoint,
  QUANTILES,
} from './comparison-document.ts';
import { type Figure, figureText } from './number-or-range.ts';

/** The comparison as a person reads it on a terminal. */
export function compareText(document: CompareDocument): string {
  const { columns, differences, grid, complete, path } = document;
  const lines = [
    '',
    ...differencesText(differences),
    '',
    ...columns.map((column) => `${styleText('bold', headingOf(column))}  ${column.from}`),
    ...sideBySide(columns),
    ...columns.flatMap(notesText),
    ...(grid === null ? [] : ['', ...gridText(grid)]),
    ...(complete ? [] : ['', styleText('yellow', 'Incomplete: the comparison was interrupted.')]),
    '',
    ...nextLines(nextAfterComparison(document)),
    ...(path ? [`report: ${fromHere(join(path, 'compare.html'))}`] : []),
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
    styleText('bold', differencesTitle(differences)),
    ...differences.flatMap(({ what, left, right, why, sources }, index) => [
      `${index + 1}. ${styleText('bold', what)}`,
      `   left   ${left}`,
      `   right  ${right}`,
      `   ${why}  ${styleText('dim', `[${sources.join('; ')}]`)}`,
    ]),
  ];
}

/** How many differences there are. */
export function differencesTitle(differences: readonly Difference[]): string {
  return differences.length === 0 ? 'No difference' : count(differences.length, 'difference');
}

function notesText(column: Column): string[] {
  const { notes } = column;
  if (notes.length === 0) return [];
  return ['', `${nameOf(column)}: ${notesTitle(column)}`, ...notes.map((note) => `  ${note}`)];
}

/** What the notes of a column are. */
export function notesTitle({ source }: Pick<Column, 'source'>): string {
  return source === 'predicted' ? 'the prediction assumes' : 'about the run';
}

/** The points of the grid as one table. */
function gridText(points: readonly GridPoint[]): string[] {
  return inColumns(gridRows(points));
}

/** The heads, then a row a point. */
export function gridRows(points: readonly GridPoint[]): string[][] {
  return [
    ['nofile', 'backlog', 'ramp', ...(points[0]?.columns ?? []).map(({ name }) => name)],
    ...points.map(({ nofile, backlog, ramp, columns }) => [
      String(nofile),
      String(backlog),
      ramp === '0' ? 'at once' : ramp,
      ...columns.map(gridCell),
    ]),
  ];
}

/** How many users were open and how the others failed, with the column's label. */
export function gridCell({ users, source }: Column): string {
  const failed = Map.groupBy(
    users.by.filter(({ outcome }) => outcome !== 'open'),
    ({ outcome }) => outcome,
  );
  const others = [...failed].map(([outcome, groups]) => {
    const [only, ...more] = groups;
    if (only && more.length === 0) return `${figureText(only.count)} ${outcome}`;
    // The ranges of several groups do not add up to the range of all: then the failed users are shown as a whole.
    if (failed.size === 1) return `${figureText(users.failed)} ${outcome}`;
    return groups.map(({ count: users, errno }) => `${figureText(users)} ${outcome} ${errno}`).join(', ');
  });
  return `${source}: ${[`${figureText(users.open)} open`, ...others].join(', ')}`;
}

/** A line of the comparison: its name, and the cell of each side. */
interface Row {
  name: string;
  cells: string[];
}

/** Lines of one subject. */
interface Section {
  title: string;
  rows: Row[];
}

/** Settings that come first; the others are shown where the two sides differ. */
const FIRST = [
  ...['nofile', 'backlog', 'somaxconn', 'ip_local_port_range', 'ramp', 'connect_timeout_ms'],
  ...['tcp_abort_on_overflow', 'tcp_syncookies', 'kern.ipc.soqlimitcompat', 'net.inet.tcp.syncookie'],
];
const NONE = '–';

/** The columns as lines, subject by subject. Pure. */
export function sectionsOf(columns: readonly Column[]): Section[] {
  return [
    { title: 'settings', rows: settingRows(columns) },
    { title: 'users', rows: userRows(columns) },
    { title: 'when', rows: timeRows(columns) },
    { title: 'causes', rows: causeRows(columns) },
    { title: 'counters', rows: counterRows(columns) },
  ].filter(({ rows }) => rows.length > 0);
}

/** A heading for a column: never without its label. */
export function headingOf(column: Column): string {
  return `${nameOf(column)}: ${column.source.toUpperCase()}`;
}

/** `linux`, or the last of a run's folder with its system. */
export function nameOf({ name, os }: Column): string {
  return name === os ? name : `${basename(name)} (${os})`;
}

function settingRows(columns: readonly Column[]): Row[] {
  const names = [...new Set(columns.flatMap(({ settings }) => Object.keys(settings)))];
  const text = (column: Column, name: string) => String(column.settings[name] ?? NONE);
  const sameOs = new Set(columns.map(({ os }) => os)).size === 1;
  const otherwise = (name: string) => sameOs && new Set(columns.map((column) => text(column, name))).size > 1;
  return [
    ...FIRST.filter((name) => names.includes(name)),
    ...names.filter((name) => !FIRST.includes(name) && otherwise(name)),
  ].map((name) => ({ name, cells: columns.map((column) => text(column, name)) }));
}

function userRows(columns: readonly Column[]): Row[] {
  const failed = columns.flatMap(({ users }) => users.by.filter(({ outcome }) => outcome !== 'open'));
  return [
    { name: 'requested', cells: columns.map(({ users }) => String(users.asked)) },
    { name: 'open', cells: columns.map(({ users }) => figureText(users.open)) },
    { name: 'failed', cells: columns.map(({ users }) => figureText(users.failed)) },
    ...[...new Set(failed.map(wayOf))].map((name) => ({
      name,
      cells: columns.map(({ users }) =>
        figureText(users.by.find((group) => wayOf(group) === name)?.count ?? 0),
      ),
    })),
  ];
}

function timeRows(columns: readonly Column[]): Row[] {
  const ms = (figure: Figure | null) => (figure === null ? NONE : figureText(figure, duration));
  return [
    ...QUANTILES.map((name) => ({
      name: `connected, ${name === 'max' ? 'last' : name}`,
      cells: columns.map(({ connectMs }) => ms(connectMs[name])),
    })),
    {
      name: 'connected after 0.9 s or more',
      cells: columns.map((column) => (column.waited === null ? NONE : figureText(column.waited))),
    },
    { name: 'until the last was open or failed', cells: columns.map(({ lastMs }) => ms(lastMs)) },
  ];
}

function causeRows(columns: readonly Column[]): Row[] {
  const names = [...new Set(columns.flatMap(({ causes }) => causes.map(({ cause }) => cause)))];
  return names.map((name) => ({
    name,
    cells: columns.map(({ causes }) => figureText(causes.find(({ cause }) => cause === name)?.users ?? 0)),
  }));
}

function counterRows(columns: readonly Column[]): Row[] {
  const names = [...new Set(columns.flatMap(({ counters }) => Object.keys(counters)))];
  return names
    .map((name) => ({
      name,
      cells: columns.map(({ counters }) =>
        counters[name] === undefined ? NONE : figureText(counters[name]),
      ),
    }))
    .filter(({ cells }) => cells.some((cell) => cell !== '0' && cell !== NONE));
}
