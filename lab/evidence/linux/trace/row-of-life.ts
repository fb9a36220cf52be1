import {
  type Column,
  type ConnectionColumns,
  type ConnectionRow,
  columnsOf,
  numberColumn,
  rowOfColumns,
  textColumn,
  truthColumn,
} from '../../../../protocol/connection-rows.ts';
import type { End } from '../../../../system/tracefs/events.ts';
import { type Life, RST_WITHIN_MS, type Sender } from './life.ts';

/** Of a queue that is thrown away the last goes so much later. */
const THROWN_WITHIN_MS = 500;

/** What the trace tells of a connection. `reset`: whose RST was the first. `toEpoch`: from the trace's clock to ms since the epoch. */
export function rowOfLife(life: Life, reset: Sender | undefined, toEpoch: number): ConnectionRow {
  const { local, remote, shared, cookie, complete, end, gone, wait, pid, sent } = life;
  // When the kernel freed it, if it has: then the other witnesses tell of it.
  const at = Math.round(gone === undefined ? Date.now() : gone + toEpoch);
  const row = columnsOf(wordOf(local), at, wordOf(remote), cookie);
  row.open = end === undefined && gone === undefined;
  row.shared = shared;
  const accepted = wasAccepted(life);
  if (complete !== undefined) row.complete = moment(complete + toEpoch);
  if (accepted !== undefined) row.accepted = truthColumn('tracefs', accepted);
  if (wait !== undefined) row.wait = moment(wait);
  if (pid !== undefined) row.pid = numberColumn('tracefs', pid);
  if (end !== undefined) row.closed = moment(end.at + toEpoch);
  fillFirstEnd(row, life, reset);
  if (reset !== undefined) row.reset = textColumn('tracefs', reset);
  if (life.forged) row.forged = truthColumn('tracefs', true);
  if (sent?.reason !== undefined) row.reason = textColumn('tracefs', sent.reason);
  if (end !== undefined && complete !== undefined) row.age = moment(end.at - complete);
  return rowOfColumns(row);
}

/** The trace counts µs. */
const moment = (ms: number): Column => numberColumn('tracefs', Math.round(ms * 1000) / 1000);

const wordOf = ({ host, port }: End) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** Thrown out of the queue it goes at once; if it lives on somebody has it. */
function wasAccepted({ accepted, thrown, gone }: Life): boolean | undefined {
  if (accepted === true || thrown === undefined) return accepted;
  return gone !== undefined && gone - thrown <= THROWN_WITHIN_MS ? false : undefined;
}

/** Which end came first, and what it was; nothing of a connection that the kernel gave up by itself. */
function fillFirstEnd(row: ConnectionColumns, { end, sent, took }: Life, reset: Sender | undefined): void {
  if (end === undefined) return;
  const is = (by: 'server' | 'client' | undefined, how: 'FIN' | 'RST') => {
    if (by !== undefined) row.closedBy = textColumn('tracefs', by);
    row.how = textColumn('tracefs', how);
  };
  const near = (moment: number | undefined) =>
    moment !== undefined && Math.abs(moment - end.at) <= RST_WITHIN_MS;
  if (end.state === 'FIN_WAIT1') is('server', 'FIN');
  else if (end.state === 'CLOSE_WAIT') is('client', 'FIN');
  else if (near(took)) is(reset === 'client' ? 'client' : undefined, 'RST');
  else if (near(sent?.at)) is('server', 'RST');
}
