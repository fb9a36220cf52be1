import type { ConnectionLine, Told } from '../../../protocol/connection-events.ts';
import { fileLedgerLine, type Ledger } from './ledger.ts';

/** Two witnesses tell of one connection within so long. */
const PATIENCE_MS = 1000;
/** The moments of two witnesses agree so far: both read the same clock, at different times. */
const SLACK_MS = 50;

/** The fields that a witness tells, each by itself. */
const FIELDS = [
  'complete',
  'accepted',
  'wait',
  'pid',
  'closed',
  'closedBy',
  'how',
  'reset',
  'reason',
  'age',
  'silentIn',
  'silentOut',
  'received',
  'sent',
  'unread',
  'finAcked',
] as const satisfies (keyof ConnectionLine)[];

/**
 * Joins what two witnesses tell, the tracer and the observer beside the server, to one line a connection. A line waits for its
 * counterpart for a second at most, by the moments at which lines are written, then goes as it is. What the tracer alone has seen goes only
 * where the observer tells nothing at all: a connection in another network namespace may look like the server's.
 */
export class Joiner {
  readonly #traced = new Waiting();
  readonly #observed = new Waiting();
  #hasObserver: boolean;
  #now = Number.NEGATIVE_INFINITY;

  /** `hasObserver`: whether another witness than the tracer is known to tell of each connection; else its first line will show it. */
  constructor(hasObserver = false) {
    this.#hasObserver = hasObserver;
  }

  /** Takes a line of either; gives what is ready, in the order in which it became so. */
  take(line: ConnectionLine): ConnectionLine[] {
    const traced = isTraced(line);
    if (!traced) this.#hasObserver = true;
    const ready = this.pass(line.at);
    const other = (traced ? this.#observed : this.#traced).counterpartOf(line);
    if (other !== undefined) ready.push(traced ? join(line, other) : join(other, line));
    else (traced ? this.#traced : this.#observed).add(line, this.#now);
    return ready;
  }

  /** It is so late: what has waited for long enough. */
  pass(at: number): ConnectionLine[] {
    this.#now = Math.max(this.#now, at);
    const until = this.#now - PATIENCE_MS;
    const alone = this.#traced.upTo(until);
    return [...this.#observed.upTo(until), ...(this.#hasObserver ? [] : alone)];
  }

  /** All that is left. */
  end(): ConnectionLine[] {
    return this.pass(Number.POSITIVE_INFINITY);
  }
}

/** Lines that wait for a counterpart, in the order of their coming, with ways to find one. */
class Waiting {
  /** With the moment since which each waits. */
  readonly #lines = new Map<ConnectionLine, number>();
  readonly #byName = new Map<string, ConnectionLine[]>();

  add(line: ConnectionLine, now: number): void {
    this.#lines.set(line, now);
    for (const name of namesOf(line)) {
      const list = this.#byName.get(name);
      if (list) list.push(line);
      else this.#byName.set(name, [line]);
    }
  }

  #remove(line: ConnectionLine): ConnectionLine {
    this.#lines.delete(line);
    for (const name of namesOf(line)) {
      const left = this.#byName.get(name)?.filter((one) => one !== line) ?? [];
      if (left.length > 0) this.#byName.set(name, left);
      else this.#byName.delete(name);
    }
    return line;
  }

  /** Takes out the line of the same connection: by the socket's number; else by its ends, the oldest; one that was wiped if no other fits. */
  counterpartOf(line: ConnectionLine): ConnectionLine | undefined {
    const { cookie } = line;
    const [same] = (cookie === undefined ? undefined : this.#byName.get(`cookie ${cookie}`)) ?? [];
    if (same !== undefined) return this.#remove(same);
    const fits = (one: ConnectionLine) =>
      !(cookie !== undefined && one.cookie !== undefined) && one.open === line.open && agree(one, line);
    if (line.remote !== undefined) {
      const oldest = this.#byName.get(endsOf(line))?.find(fits);
      if (oldest !== undefined) return this.#remove(oldest);
      if (!wasReset(line)) return undefined;
    }
    const name = line.remote === undefined ? 'reset' : 'wiped';
    const [one, another] = this.#byName.get(`${name} ${line.local}`)?.filter(fits) ?? [];
    return one !== undefined && another === undefined ? this.#remove(one) : undefined;
  }

  /** Takes out those that wait since then or longer. */
  upTo(until: number): ConnectionLine[] {
    const due: ConnectionLine[] = [];
    for (const [line, since] of this.#lines) {
      if (since > until) break;
      due.push(this.#remove(line));
    }
    return due;
  }
}

function namesOf(line: ConnectionLine): string[] {
  return [
    ...(line.cookie === undefined ? [] : [`cookie ${line.cookie}`]),
    ...(line.remote === undefined ? [`wiped ${line.local}`] : [endsOf(line)]),
    ...(line.remote !== undefined && wasReset(line) ? [`reset ${line.local}`] : []),
  ];
}

/** Can both have ended when they are said to have? */
function agree(one: ConnectionLine, other: ConnectionLine): boolean {
  if (one.closed === undefined || other.closed === undefined) return true;
  const [early, late] = [one.closed, other.closed].sort((a, b) => a.is - b.is) as [
    Told<number>,
    Told<number>,
  ];
  return late.is - (late.within ?? 0) - early.is <= SLACK_MS;
}

const endsOf = ({ local, remote }: ConnectionLine) => `${local} ${remote}`;

/** Reset by the server as its first end, as those are that the kernel wipes. */
const wasReset = ({ closedBy, how }: ConnectionLine) => closedBy?.is === 'server' && how?.is === 'RST';

const isTraced = (line: ConnectionLine) => FIELDS.some((name) => line[name]?.by === 'tracefs');

/** One line of both: of each field what is exact, of two that are, the tracer's. */
function join(traced: ConnectionLine, observed: ConnectionLine): ConnectionLine {
  const joined: ConnectionLine = { ...observed, ...traced, at: Math.max(traced.at, observed.at) };
  // It has ended since the other looked.
  if (!traced.open || !observed.open) delete joined.open;
  for (const name of FIELDS) {
    const [ours, theirs] = [traced[name], observed[name]];
    const better =
      ours === undefined || (ours.within !== undefined && theirs !== undefined) ? (theirs ?? ours) : ours;
    if (better !== undefined) Object.assign(joined, { [name]: better });
  }
  const hadFin = clientsFin(traced);
  for (const name of ['received', 'unread'] as const) {
    const told = joined[name];
    if (told?.within === 1 && hadFin !== undefined) joined[name] = withoutFin(told, hadFin);
  }
  return joined;
}

/** Whether the client's FIN had come when the server's side counted for the last time; undefined: not known. */
function clientsFin({ how, closedBy }: ConnectionLine): boolean | undefined {
  if (how?.is === 'FIN' && closedBy?.is === 'client') return true;
  // Whoever has been reset takes nothing more.
  return how?.is === 'RST' ? false : undefined;
}

/** The kernel counts a FIN as a byte: the bracket is the doubt whether there was one (net/ipv4/tcp_input.c tcp_fin). */
function withoutFin({ is, by }: Told<number>, hadFin: boolean): Told<number> {
  return { is: hadFin ? Math.max(0, is - 1) : is, by };
}

const joiners = new WeakMap<Ledger, Joiner>();

/** From now on two witnesses tell of the connections in this ledger. */
export function beginJoining(ledger: Ledger): void {
  joiners.set(ledger, new Joiner(hasObserver(ledger)));
}

const hasObserver = ({ witnesses }: Ledger) => {
  const said = witnesses['ss -E'];
  return said !== undefined && said.missing === undefined;
};

/** Files a connection's line, joined to that of another witness where there are two. */
export function fileConnectionLine(ledger: Ledger, line: ConnectionLine): void {
  const joiner = joiners.get(ledger);
  for (const ready of joiner ? joiner.take(line) : [line]) fileLedgerLine(ledger, ready);
}

/** It is so late: files what waits for no other witness any more. */
export function passTime(ledger: Ledger, at: number): void {
  for (const ready of joiners.get(ledger)?.pass(at) ?? []) fileLedgerLine(ledger, ready);
}

/** Both have told everything. */
export function endJoining(ledger: Ledger): void {
  for (const ready of joiners.get(ledger)?.end() ?? []) fileLedgerLine(ledger, ready);
  joiners.delete(ledger);
}
