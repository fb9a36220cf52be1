import type { ConnectionRow } from '../../../../protocol/connection-rows.ts';
import type { End } from '../../../../system/tracefs/events.ts';
import { type Life, RST_WITHIN_MS, type Sender } from './life.ts';

/** Of a queue that is thrown away the last goes so much later. */
const THROWN_WITHIN_MS = 500;

/**
 * What the trace tells of a connection, as `rowOf` (protocol/connection-rows.ts) has it, without the line: thousands a second. `reset`:
 * whose RST was the first. `toEpoch`: from the trace's clock to ms since the epoch.
 */
export function rowOfLife(life: Life, reset: Sender | undefined, toEpoch: number): ConnectionRow {
  const { local, remote, shared, cookie, complete, end, gone, wait, pid, sent } = life;
  // When the kernel freed it, if it has: then the other witnesses tell of it.
  const at = Math.round(gone === undefined ? Date.now() : gone + toEpoch);
  const columns: (string | number | undefined)[] = [
    cookie,
    wordOf(local),
    wordOf(remote),
    at,
    end === undefined && gone === undefined ? 1 : '',
    shared ? 1 : '',
    moment(complete, toEpoch),
    truth(wasAccepted(life)),
    moment(wait, 0),
    told(pid),
    moment(end?.at, toEpoch),
    firstEnd(life, reset),
    told(reset),
    told(sent?.reason),
    end === undefined || complete === undefined ? '' : moment(end.at - complete, 0),
    NOT_TOLD,
  ];
  return columns.join(' ');
}

/** What it has sent and received, and what was unread. */
const NOT_TOLD = ' '.repeat(5);

const told = (is: string | number | undefined) => (is === undefined ? '' : `t${is}`);

const truth = (is: boolean | undefined) => (is === undefined ? '' : is ? 't1' : 't0');

/** The trace counts µs. */
const moment = (ms: number | undefined, toEpoch: number) =>
  ms === undefined ? '' : `t${Math.round((ms + toEpoch) * 1000) / 1000}`;

const wordOf = ({ host, port }: End) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);

/** Thrown out of the queue it goes at once; if it lives on somebody has it. */
function wasAccepted({ accepted, thrown, gone }: Life): boolean | undefined {
  if (accepted === true || thrown === undefined) return accepted;
  return gone !== undefined && gone - thrown <= THROWN_WITHIN_MS ? false : undefined;
}

/** Which end came first, and what it was; nothing of a connection that the kernel gave up by itself. Both columns. */
function firstEnd({ end, sent, took }: Life, reset: Sender | undefined): string {
  if (end === undefined) return ' ';
  if (end.state === 'FIN_WAIT1') return 'tserver tFIN';
  if (end.state === 'CLOSE_WAIT') return 'tclient tFIN';
  const near = (moment: number | undefined) =>
    moment !== undefined && Math.abs(moment - end.at) <= RST_WITHIN_MS;
  if (near(took)) return reset === 'client' ? 'tclient tRST' : ' tRST';
  if (near(sent?.at)) return 'tserver tRST';
  return ' ';
}
