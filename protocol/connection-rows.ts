import type { ConnectionLine, Told, Witness } from './connection-events.ts';

/**
 * A ConnectionLine as one short text, in which the lines go from process to process, wait and are kept: fields in a fixed order with a
 * space between them, nothing where one is absent. What a witness told is its letter, the value, and after a `~` the bracket:
 * `p1795892997103~400`.
 */
export type ConnectionRow = string;

/** Several at once, as observer and tracer write them to stdout. */
export interface ConnectionRows {
  event: 'connections';
  at: number;
  rows: ConnectionRow[];
  /** `tracefs`, or whatever the observer knows. */
  by: 'tracefs' | 'observer';
  /** Of every connection whose socket the kernel had freed by then this one has told, ms since the epoch. Absent: not known. */
  until?: number;
}

/** What one field holds. */
type Kind = 'number' | 'boolean' | 'text';

/** The fields that a witness tells, each by itself, in their order. */
const KINDS = {
  complete: 'number',
  accepted: 'boolean',
  wait: 'number',
  pid: 'number',
  closed: 'number',
  closedBy: 'text',
  how: 'text',
  reset: 'text',
  reason: 'text',
  age: 'number',
  silentIn: 'number',
  silentOut: 'number',
  received: 'number',
  sent: 'number',
  unread: 'number',
  finAcked: 'boolean',
  forged: 'boolean',
} as const satisfies Record<ToldField, Kind>;

export type ToldField = Exclude<
  keyof ConnectionLine,
  'event' | 'at' | 'local' | 'remote' | 'cookie' | 'open' | 'shared'
>;

const FIELDS = Object.entries(KINDS) as [ToldField, Kind][];

/** Where each stands in a row that is split at its spaces. */
export const COOKIE = 0;
export const LOCAL = 1;
export const REMOTE = 2;
export const AT = 3;
export const OPEN = 4;
export const SHARED = 5;
export const FIRST_TOLD = 6;
export const columnOfTold = (name: ToldField): number =>
  FIRST_TOLD + FIELDS.findIndex(([field]) => field === name);

const LETTERS: Record<Witness, string> = { 'ss -E': 's', 'port table': 'p', tracefs: 't' };
const WITNESSES = new Map(
  Object.entries(LETTERS).map(([witness, letter]) => [letter, witness as Witness] as const),
);

/** What would end a text before its end, or not be itself within quotes. */
const UNSAFE = /[^!#-$&-[\]-}]/;
const ALL_UNSAFE = new RegExp(UNSAFE, 'g');

function safe(text: string): string {
  if (text === '') return '%';
  if (!UNSAFE.test(text)) return text;
  return text.replace(ALL_UNSAFE, (one) => `%${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function plain(text: string): string {
  if (!text.includes('%')) return text;
  if (text === '%') return '';
  return text.replace(/%(.{4})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

const quoted = (text: string) => (text.includes('%') ? JSON.stringify(plain(text)) : `"${text}"`);

/** What one witness told, as it stands in a row; '' where nothing. */
export type Column = string;

/** A row before its columns are put together. */
export interface ConnectionColumns extends Record<ToldField, Column> {
  cookie: string | undefined;
  local: string;
  remote: string | undefined;
  at: number;
  open: boolean;
  shared: boolean;
}

/** Columns of a line that says no more than this. */
export function columnsOf(local: string, at: number, remote?: string, cookie?: string): ConnectionColumns {
  return {
    cookie,
    local,
    remote,
    at,
    open: false,
    shared: false,
    complete: '',
    accepted: '',
    wait: '',
    pid: '',
    closed: '',
    closedBy: '',
    how: '',
    reset: '',
    reason: '',
    age: '',
    silentIn: '',
    silentOut: '',
    received: '',
    sent: '',
    unread: '',
    finAcked: '',
    forged: '',
  };
}

/** The row of these columns. */
export function rowOfColumns(of: ConnectionColumns): ConnectionRow {
  const { cookie, local, remote, at, open, shared } = of;
  // Field by field, not by name: in a loop it takes twice as long. Joined it is one flat text at once.
  return [
    cookie === undefined ? '' : safe(cookie),
    safe(local),
    remote === undefined ? '' : safe(remote),
    at,
    open ? '1' : '',
    shared ? '1' : '',
    of.complete,
    of.accepted,
    of.wait,
    of.pid,
    of.closed,
    of.closedBy,
    of.how,
    of.reset,
    of.reason,
    of.age,
    of.silentIn,
    of.silentOut,
    of.received,
    of.sent,
    of.unread,
    of.finAcked,
    of.forged,
  ].join(' ');
}

/** A number as it stands in a row, with its bracket. Both are finite, as in JSON. */
export function numberColumn(by: Witness, is: number, within?: number): Column {
  return within === undefined ? `${LETTERS[by]}${is}` : `${LETTERS[by]}${is}~${within}`;
}

/** The same of what is true or not. */
export const truthColumn = (by: Witness, is: boolean): Column => `${LETTERS[by]}${is ? '1' : '0'}`;

/** The same of a text. */
export const textColumn = (by: Witness, is: string): Column => `${LETTERS[by]}${safe(is)}`;

/** The row of a line. */
export function rowOf(line: ConnectionLine): ConnectionRow {
  const { local, remote, cookie, at, open = false, shared = false } = line;
  return rowOfColumns({
    cookie,
    local,
    remote,
    at,
    open,
    shared,
    complete: number(line.complete),
    accepted: truth(line.accepted),
    wait: number(line.wait),
    pid: number(line.pid),
    closed: number(line.closed),
    closedBy: text(line.closedBy),
    how: text(line.how),
    reset: text(line.reset),
    reason: text(line.reason),
    age: number(line.age),
    silentIn: number(line.silentIn),
    silentOut: number(line.silentOut),
    received: number(line.received),
    sent: number(line.sent),
    unread: number(line.unread),
    finAcked: truth(line.finAcked),
    forged: truth(line.forged),
  });
}

const number = (told: Told<number> | undefined) =>
  told === undefined ? '' : numberColumn(told.by, told.is, told.within);
const truth = (told: Told<boolean> | undefined) =>
  told === undefined ? '' : bracketed(truthColumn(told.by, told.is), told);
const text = (told: Told<string> | undefined) =>
  told === undefined ? '' : bracketed(textColumn(told.by, told.is), told);

function bracketed(column: Column, { within }: Told<unknown>): Column {
  return within === undefined ? column : `${column}~${within}`;
}

const MOMENTS = [columnOfTold('complete'), columnOfTold('closed')];

/** The row with its moments so many ms earlier: of a witness whose clock is ahead. */
export function earlierRow(row: ConnectionRow, ms: number): ConnectionRow {
  const columns = row.split(' ');
  columns[AT] = String(Number(columns[AT]) - ms);
  for (const moment of MOMENTS) {
    const column = columns[moment] as Column;
    if (column === '') continue;
    const within = column.slice(1 + valueIn(column).length);
    columns[moment] = `${column.charAt(0)}${Number(valueIn(column)) - ms}${within}`;
  }
  return columns.join(' ');
}

/** The address of the client in a row, without the rest of it; undefined where it is absent. */
export function remoteOf(row: ConnectionRow): string | undefined {
  let from = 0;
  for (let column = 0; column < REMOTE; column += 1) from = row.indexOf(' ', from) + 1;
  const remote = row.slice(from, row.indexOf(' ', from));
  return remote === '' ? undefined : plain(remote);
}

/** The line of a row. */
export function lineOf(row: ConnectionRow): ConnectionLine {
  const columns = row.split(' ') as [string, string, string, string, string, string];
  const [cookie, local, remote, at, open, shared] = columns;
  const line: ConnectionLine = { event: 'connection', at: Number(at), local: plain(local) };
  if (remote !== '') line.remote = plain(remote);
  if (cookie !== '') line.cookie = plain(cookie);
  if (open !== '') line.open = true;
  if (shared !== '') line.shared = true;
  // By number: there are many lines, and an iterator makes an object for each field.
  for (let index = 0; index < FIELDS.length; index += 1) {
    const column = columns[FIRST_TOLD + index] as string;
    if (column === '') continue;
    const [name, kind] = FIELDS[index] as (typeof FIELDS)[number];
    (line as Partial<Record<ToldField, Told<unknown>>>)[name] = toldIn(column, kind);
  }
  return line;
}

function toldIn(column: string, kind: Kind): Told<unknown> {
  const end = column.indexOf('~');
  const value = end < 0 ? column.slice(1) : column.slice(1, end);
  const is = kind === 'number' ? Number(value) : kind === 'text' ? plain(value) : value === '1';
  const by = WITNESSES.get(column.charAt(0)) as Witness;
  return end < 0 ? { is, by } : { is, by, within: Number(column.slice(end + 1)) };
}

/** What a column says, without who does and its bracket. */
export function valueIn(column: string): string {
  const end = column.indexOf('~');
  return end < 0 ? column.slice(1) : column.slice(1, end);
}

/** The bracket of a column. */
export function withinOf(column: string): number | undefined {
  const end = column.indexOf('~');
  return end < 0 ? undefined : Number(column.slice(end + 1));
}

const HEADS = FIELDS.map(([name]) => `,"${name}":{"is":`);
const TAILS = new Map([...WITNESSES].map(([letter, witness]) => [letter, `,"by":"${witness}"`]));

/** The JSON of a row's line, as JSON.stringify has it, without the line. `columns`: the row, split. */
export function jsonOf(row: ConnectionRow, columns = row.split(' ')): string {
  const [cookie, local, remote, at, open, shared] = columns as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  let json = `{"event":"connection","at":${at},"local":${quoted(local)}`;
  if (remote !== '') json += `,"remote":${quoted(remote)}`;
  if (cookie !== '') json += `,"cookie":${quoted(cookie)}`;
  if (open !== '') json += ',"open":true';
  if (shared !== '') json += ',"shared":true';
  for (let index = 0; index < FIELDS.length; index += 1) {
    const column = columns[FIRST_TOLD + index] as string;
    if (column === '') continue;
    const kind = (FIELDS[index] as [ToldField, Kind])[1];
    const end = column.indexOf('~');
    const value = end < 0 ? column.slice(1) : column.slice(1, end);
    json += HEADS[index];
    json += kind === 'number' ? value : kind === 'text' ? quoted(value) : value === '1';
    json += TAILS.get(column.charAt(0));
    json += end < 0 ? '}' : `,"within":${column.slice(end + 1)}}`;
  }
  return `${json}}`;
}

/** So many rows go into one line. */
const AT_ONCE = 1000;

/** The observer's rows, as they go over stdout; nothing where there are none. */
export function* observedRows(at: number, rows: readonly ConnectionRow[]): Generator<ConnectionRows> {
  for (let from = 0; from < rows.length; from += AT_ONCE)
    yield { event: 'connections', at, by: 'observer', rows: rows.slice(from, from + AT_ONCE) };
}

/** The tracer's. At least one, also where there is nothing to tell but that. */
export function* tracedRows(
  at: number,
  all: readonly ConnectionRow[],
  until: number,
): Generator<ConnectionRows> {
  let from = 0;
  do {
    const rows = all.slice(from, from + AT_ONCE);
    from += AT_ONCE;
    yield { event: 'connections', at, by: 'tracefs', ...(from >= all.length && { until }), rows };
  } while (from < all.length);
}
