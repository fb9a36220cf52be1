import {
  AT,
  COOKIE,
  type ConnectionRow,
  columnOfTold,
  LOCAL,
  OPEN,
  REMOTE,
  valueIn,
  withinOf,
} from '../../../protocol/connection-rows.ts';

/** The moments of two witnesses agree so far: both read the same clock, at different times. */
const SLACK_MS = 50;

const CLOSED = columnOfTold('closed');
const CLOSED_BY = columnOfTold('closedBy');
const HOW = columnOfTold('how');

interface Waiter {
  readonly row: ConnectionRow;
  readonly since: number;
  readonly cookie: string;
  /** The next with the same number of its socket. */
  next: Waiter | undefined;
  /** It waits no more. */
  gone: boolean;
}

/** So many of those that have gone are kept at the front before there is room made. */
const MOST_GONE = 1000;

/**
 * Rows that wait for a counterpart, in the order of their coming, with ways to find one. There may be tens of thousands: of each there is
 * its text, and the number of its socket as a key. By its ends it is found only once somebody asks who has no such number.
 */
export class WaitingRows {
  /** From `#first` on, and some of them have gone. */
  readonly #queue: Waiter[] = [];
  #first = 0;
  #count = 0;
  /** The oldest of each; whoever else has the same number is behind it. */
  readonly #byCookie = new Map<string, Waiter>();
  readonly #byName = new Map<string, Waiter[]>();
  #namesAll = false;

  add(row: ConnectionRow, now: number): void {
    const cookie = cookieOf(row);
    const waiter: Waiter = { row, since: now, cookie, next: undefined, gone: false };
    this.#queue.push(waiter);
    this.#count += 1;
    if (cookie !== '') {
      let last = this.#byCookie.get(cookie);
      while (last?.next !== undefined) last = last.next;
      if (last === undefined) this.#byCookie.set(cookie, waiter);
      else last.next = waiter;
    }
    if (cookie === '' || this.#namesAll) this.#name(waiter);
  }

  #name(waiter: Waiter): void {
    for (const name of namesOf(waiter.row.split(' '))) put(this.#byName, name, waiter);
  }

  /** `oldest`: with the same number of its socket. */
  #remove(waiter: Waiter, oldest = this.#byCookie.get(waiter.cookie)): ConnectionRow {
    const { row, cookie, next } = waiter;
    waiter.gone = true;
    this.#count -= 1;
    if (cookie !== '') {
      let before = oldest;
      if (before !== waiter) {
        while (before?.next !== undefined && before.next !== waiter) before = before.next;
        if (before !== undefined) before.next = next;
      } else if (next === undefined) this.#byCookie.delete(cookie);
      else this.#byCookie.set(cookie, next);
    }
    if (cookie === '' || this.#namesAll)
      for (const name of namesOf(row.split(' '))) takeOut(this.#byName, name, waiter);
    if (this.#count === 0) this.#namesAll = false;
    return row;
  }

  /** Takes out the row of the same connection: by the socket's number; else by its ends, the oldest; one that was wiped if no other fits. */
  counterpartOf(row: ConnectionRow): ConnectionRow | undefined {
    const cookie = cookieOf(row);
    const same = cookie === '' ? undefined : this.#byCookie.get(cookie);
    if (same !== undefined) return this.#remove(same, same);
    if (cookie === '' && !this.#namesAll) this.#nameAll();
    if (this.#byName.size === 0) return undefined;
    const columns = row.split(' ');
    const fits = ({ row: other }: Waiter) => {
      const theirs = other.split(' ');
      if (cookie !== '' && theirs[COOKIE] !== '') return false;
      return theirs[OPEN] === columns[OPEN] && agree(columns, theirs);
    };
    if (columns[REMOTE] !== '') {
      const oldest = this.#byName.get(endsOf(columns))?.find(fits);
      if (oldest !== undefined) return this.#remove(oldest);
      if (!wasReset(columns)) return undefined;
    }
    const name = columns[REMOTE] === '' ? 'reset' : 'wiped';
    const [one, another] = this.#byName.get(`${name} ${columns[LOCAL]}`)?.filter(fits) ?? [];
    return one !== undefined && another === undefined ? this.#remove(one) : undefined;
  }

  #nameAll(): void {
    this.#namesAll = true;
    this.#byName.clear();
    for (const waiter of this.#queue) if (!waiter.gone) this.#name(waiter);
  }

  /** Takes out the oldest for as long as they are due. */
  due(isDue: (row: ConnectionRow, since: number) => boolean): ConnectionRow[] {
    const due: ConnectionRow[] = [];
    for (; this.#first < this.#queue.length; this.#first += 1) {
      const waiter = this.#queue[this.#first] as Waiter;
      if (waiter.gone) continue;
      if (!isDue(waiter.row, waiter.since)) break;
      due.push(this.#remove(waiter));
    }
    if (this.#first === this.#queue.length || this.#first > MOST_GONE) {
      this.#queue.splice(0, this.#first);
      this.#first = 0;
    }
    return due;
  }
}

function put(map: Map<string, Waiter[]>, key: string, waiter: Waiter): void {
  const list = map.get(key);
  if (list) list.push(waiter);
  else map.set(key, [waiter]);
}

function takeOut(map: Map<string, Waiter[]>, key: string, waiter: Waiter): void {
  const list = map.get(key);
  if (list === undefined) return;
  const at = list.indexOf(waiter);
  if (at >= 0) list.splice(at, 1);
  if (list.length === 0) map.delete(key);
}

const cookieOf = (row: ConnectionRow) => row.slice(0, row.indexOf(' '));

/** When a row was written. */
export function writtenAt(row: ConnectionRow): number {
  let from = 0;
  for (let column = 0; column < AT; column += 1) from = row.indexOf(' ', from) + 1;
  return Number(row.slice(from, row.indexOf(' ', from)));
}

function namesOf(columns: string[]): string[] {
  if (columns[REMOTE] === '') return [`wiped ${columns[LOCAL]}`];
  return [endsOf(columns), ...(wasReset(columns) ? [`reset ${columns[LOCAL]}`] : [])];
}

/** Can both have ended when they are said to have? */
export function agree(one: string[], other: string[]): boolean {
  const [a, b] = [one[CLOSED] as string, other[CLOSED] as string];
  if (a === '' || b === '') return true;
  const [early, late] = Number(valueIn(a)) <= Number(valueIn(b)) ? [a, b] : [b, a];
  return Number(valueIn(late)) - (withinOf(late) ?? 0) - Number(valueIn(early)) <= SLACK_MS;
}

export const endsOf = (columns: string[]) => `${columns[LOCAL]} ${columns[REMOTE]}`;

/** Reset by the server as its first end, as those are that the kernel wipes. */
export const wasReset = (columns: string[]) =>
  valueIn(columns[CLOSED_BY] as string) === 'server' && valueIn(columns[HOW] as string) === 'RST';
