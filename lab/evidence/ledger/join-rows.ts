import {
  AT,
  type ConnectionRow,
  columnOfTold,
  FIRST_TOLD,
  OPEN,
  SHARED,
  valueIn,
} from '../../../protocol/connection-rows.ts';

const HOW = columnOfTold('how');
const CLOSED_BY = columnOfTold('closedBy');
/** What may hold the client's FIN as a byte. */
const BYTES = [columnOfTold('received'), columnOfTold('unread')];

/** The columns of one row of both: of each field what is exact, of two that are, the tracer's. */
export function joinRows(traced: ConnectionRow, observed: ConnectionRow): string[] {
  const ours = traced.split(' ');
  const joined = observed.split(' ');
  const hadFin = clientsFin(ours);
  const at = later(ours[AT] as string, joined[AT] as string);
  // It has ended since the other looked.
  const open = ours[OPEN] === '' ? '' : (joined[OPEN] as string);
  for (let column = 0; column < ours.length; column += 1) {
    const own = ours[column] as string;
    if (own === '') continue;
    const isBetter = column < FIRST_TOLD || joined[column] === '' || !own.includes('~');
    if (isBetter) joined[column] = own;
  }
  joined[AT] = at;
  joined[OPEN] = open;
  joined[SHARED] = '';
  if (hadFin !== undefined)
    for (const column of BYTES) {
      const told = joined[column] as string;
      if (told.endsWith('~1')) joined[column] = withoutFin(told, hadFin);
    }
  return joined;
}

const later = (one: string, other: string) => (Number(one) >= Number(other) ? one : other);

/** Whether the client's FIN had come when the server's side counted for the last time; undefined: not known. */
function clientsFin(columns: string[]): boolean | undefined {
  const how = valueIn(columns[HOW] as string);
  if (how === 'FIN' && valueIn(columns[CLOSED_BY] as string) === 'client') return true;
  // Whoever has been reset takes nothing more.
  return how === 'RST' ? false : undefined;
}

/** The kernel counts a FIN as a byte: the bracket is the doubt whether there was one (net/ipv4/tcp_input.c tcp_fin). */
function withoutFin(told: string, hadFin: boolean): string {
  return hadFin ? `${told.charAt(0)}${Math.max(0, Number(valueIn(told)) - 1)}` : told.slice(0, -2);
}
