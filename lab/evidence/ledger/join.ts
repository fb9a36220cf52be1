import type { WitnessLine } from '../../../protocol/connection-events.ts';
import type { ConnectionRow, ConnectionRows } from '../../../protocol/connection-rows.ts';
import { joinRows } from './join-rows.ts';
import { fileLedgerLine, fileRow, type Ledger } from './ledger.ts';
import { countsAlone, ToldAlone } from './told-alone.ts';
import { WaitingRows, writtenAt } from './waiting-rows.ts';

/**
 * So long the observer's row waits for a tracer that is late, ms. Longer, and a lab that is killed loses more; shorter, and on a busy
 * machine connections are without what the tracer tells.
 */
const PATIENCE_MS = 2000;
/** So long the tracer's waits where the observer tells of each connection: at its end that takes some seconds. */
const TRACED_MS = 5000;
/** The moments of two witnesses agree so far: both read the same clock, at different times. */
const SLACK_MS = 50;

/** `columns`: the row, split, where that is at hand. */
type Emit = (row: ConnectionRow, columns?: string[]) => void;

/**
 * Joins what two witnesses tell, the tracer and the observer beside the server, to one row a connection. A row waits for its
 * counterpart until that is there, or can come no more: the tracer has told of all up to then, or is too late; the time is that of the
 * moments at which rows are written. What the other tells of it later is left out. What the tracer alone has seen and may be another
 * server's goes only where the observer tells nothing at all.
 */
export class Joiner {
  readonly #traced = new WaitingRows();
  readonly #observed = new WaitingRows();
  readonly #tracedAlone = new ToldAlone();
  readonly #observedAlone = new ToldAlone();
  readonly #emit: Emit;
  #mayTrace = true;
  #hasObserver: boolean | undefined;
  #now = Number.NEGATIVE_INFINITY;
  /** Of whoever was gone by then the tracer has told. */
  #until = Number.NEGATIVE_INFINITY;

  /**
   * @param emit takes what is ready, in the order in which it became so
   * @param hasObserver whether another witness than the tracer tells of each connection; not known: its first row will show it
   */
  constructor(emit: Emit, hasObserver?: boolean) {
    this.#emit = emit;
    this.#hasObserver = hasObserver;
  }

  /** Takes the rows of either. */
  take({ by, rows, until }: Pick<ConnectionRows, 'by' | 'rows' | 'until'>): void {
    const last = rows.at(-1);
    const now = last === undefined ? this.#now : Math.max(this.#now, writtenAt(last));
    if (by === 'tracefs') for (const row of rows) this.#takeTraced(row, now);
    else if (rows.length > 0) {
      this.#hasObserver = true;
      for (const row of rows) this.#takeObserved(row, now);
    }
    // After them: what came late, but all at once, finds its counterparts.
    this.pass(now);
    if (until !== undefined) this.#toldUntil(until);
  }

  #takeTraced(row: ConnectionRow, now: number): void {
    const other = this.#observed.counterpartOf(row);
    if (other !== undefined) this.#join(row, other);
    else if (this.#hasObserver === false) this.#emit(row);
    else if (!this.#observedAlone.takes(row)) this.#traced.add(row, now);
  }

  #takeObserved(row: ConnectionRow, now: number): void {
    const other = this.#traced.counterpartOf(row);
    if (other !== undefined) this.#join(other, row);
    else if (writtenAt(row) <= this.#until) this.#emitObserved(row);
    else this.#observed.add(row, now);
  }

  #join(traced: ConnectionRow, observed: ConnectionRow): void {
    const columns = joinRows(traced, observed);
    this.#emit(columns.join(' '), columns);
  }

  #toldUntil(until: number): void {
    this.#until = Math.max(this.#until, until - SLACK_MS);
    for (const row of this.#observed.due((one) => writtenAt(one) <= this.#until)) this.#emitObserved(row);
  }

  #emitTraced(row: ConnectionRow): void {
    if (this.#hasObserver && !countsAlone(row)) return;
    this.#tracedAlone.add(row);
    this.#emit(row);
  }

  #emitObserved(row: ConnectionRow): void {
    if (this.#tracedAlone.takes(row)) return;
    if (this.#mayTrace) this.#observedAlone.add(row);
    this.#emit(row);
  }

  /** The tracer tells nothing, or nothing more. */
  withoutTracer(): void {
    this.#mayTrace = false;
    this.#toldUntil(Number.POSITIVE_INFINITY);
  }

  /** It is so late: what has waited for long enough. */
  pass(at: number): void {
    if (at <= this.#now) return;
    this.#now = at;
    const patience = this.#hasObserver ? TRACED_MS : PATIENCE_MS;
    for (const row of this.#traced.due((_, since) => since <= at - patience)) this.#emitTraced(row);
    for (const row of this.#observed.due((_, since) => since <= at - PATIENCE_MS)) this.#emitObserved(row);
  }

  /** All that is left. */
  end(): void {
    this.pass(Number.POSITIVE_INFINITY);
  }
}

const joiners = new WeakMap<Ledger, Joiner>();

/** From now on two witnesses tell of the connections in this ledger. */
export function beginJoining(ledger: Ledger): void {
  const said = ledger.witnesses['ss -E'];
  const emit: Emit = (row, columns) => fileRow(ledger, row, columns);
  joiners.set(ledger, new Joiner(emit, said && said.missing === undefined));
}

/** Files what a witness tells of connections, joined to what another does where there are two. */
export function fileRows(ledger: Ledger, told: ConnectionRows): void {
  const joiner = joiners.get(ledger);
  if (joiner) joiner.take(told);
  else for (const row of told.rows) fileRow(ledger, row);
}

/** Files what a witness says of itself. */
export function fileWitness(ledger: Ledger, said: WitnessLine): void {
  fileLedgerLine(ledger, said);
  if (said.by === 'tracefs' && said.missing !== undefined) joiners.get(ledger)?.withoutTracer();
}

/** It is so late: files what waits for no other witness any more. */
export function passTime(ledger: Ledger, at: number): void {
  joiners.get(ledger)?.pass(at);
}

/** Both have told everything. */
export function endJoining(ledger: Ledger): void {
  joiners.get(ledger)?.end();
  joiners.delete(ledger);
}
