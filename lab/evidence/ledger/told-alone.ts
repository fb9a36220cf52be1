import {
  COOKIE,
  type ConnectionRow,
  LOCAL,
  OPEN,
  REMOTE,
  SHARED,
} from '../../../protocol/connection-rows.ts';
import { agree, endsOf, wasReset } from './waiting-rows.ts';

/** Of each: some 500 bytes. The oldest is forgotten first. */
const MOST = 20_000;

/**
 * Does the tracer's word on a connection that no other witness told of count by itself? `ss` loses some when many end at once; the tracer
 * says of which it is not sure that they are the server's. One that was open when it looked last has the other's word, as open or as over.
 */
export function countsAlone(row: ConnectionRow): boolean {
  const columns = row.split(' ');
  return columns[SHARED] === '' && columns[OPEN] === '';
}

/** Connections of whom one witness alone has been heard: what another says of them later, or less surely, is not one more. */
export class ToldAlone {
  readonly #byName = new Map<string, Set<string[]>>();
  readonly #rows = new Set<string[]>();

  /** This one is told now. */
  add(row: ConnectionRow): void {
    const columns = row.split(' ');
    this.#rows.add(columns);
    for (const name of namesOf(columns)) {
      const same = this.#byName.get(name);
      if (same) same.add(columns);
      else this.#byName.set(name, new Set([columns]));
    }
    if (this.#rows.size <= MOST) return;
    const [oldest] = this.#rows;
    if (oldest) this.#forget(oldest);
  }

  /** Was this connection told? Says so once: another row like it is another connection. */
  takes(row: ConnectionRow): boolean {
    if (this.#rows.size === 0) return false;
    const columns = row.split(' ');
    for (const name of namesSought(columns))
      for (const told of this.#byName.get(name) ?? []) {
        const haveNumbers = told[COOKIE] !== '' && columns[COOKIE] !== '';
        if (!(haveNumbers ? told[COOKIE] === columns[COOKIE] : agree(told, columns))) continue;
        this.#forget(told);
        return true;
      }
    return false;
  }

  #forget(columns: string[]): void {
    this.#rows.delete(columns);
    for (const name of namesOf(columns)) {
      const same = this.#byName.get(name);
      same?.delete(columns);
      if (same?.size === 0) this.#byName.delete(name);
    }
  }
}

function namesOf(columns: string[]): string[] {
  const { [COOKIE]: cookie = '', [LOCAL]: local, [REMOTE]: remote } = columns;
  const names = cookie === '' ? [] : [cookie];
  if (remote !== '') names.push(endsOf(columns));
  const kind = remote === '' ? 'wiped' : wasReset(columns) ? 'reset' : undefined;
  if (kind !== undefined) names.push(`${kind} ${local} ${cookie === '' ? '' : 'by number'}`);
  return names;
}

/** A socket that was wiped has no other end any more: then it is any that the server reset (net/ipv4/tcp.c tcp_disconnect). */
function namesSought(columns: string[]): string[] {
  const { [COOKIE]: cookie = '', [LOCAL]: local, [REMOTE]: remote } = columns;
  const names = cookie === '' ? [] : [cookie];
  if (remote !== '') names.push(endsOf(columns));
  const kind = remote === '' ? 'reset' : wasReset(columns) ? 'wiped' : undefined;
  if (kind === undefined) return names;
  names.push(`${kind} ${local} `);
  // Of two that have numbers the numbers tell.
  if (cookie === '') names.push(`${kind} ${local} by number`);
  return names;
}
