import type { Agenda } from './agenda.ts';

/**
 * TCP's clock of macOS, in ticks of 1 ms (XNU bsd/netinet/tcp_subr.c calculate_tcp_clock, TCP_RETRANSHZ). It is moved on by whole ticks when
 * TCP has something to do, more than a tick after the last time, and the rest of a tick is forgotten: a busy kernel's clock loses time.
 */
export class DarwinClock {
  /** tcp_now. */
  ticks = 0;
  /** tcp_uptime, ms. */
  #movedAt = 0;

  /** @param now ms */
  move(now: number): void {
    // Times are sums of fractions.
    const passed = now - this.#movedAt - 1e-9;
    if (passed <= 1) return;
    this.ticks += Math.floor(passed + 2e-9);
    this.#movedAt = now;
  }
}

/** TCPT_REXMT, TCPT_KEEP. */
export type DarwinTimer = 'retransmit' | 'keep';

/** The timers of one end of a connection: its entry on the list. */
export interface DarwinEntry {
  /** Has `run` called so many ticks from now, in place of what was set before; Infinity: never. */
  set(timer: DarwinTimer, ticks: number, run: () => void): void;
  /** None of its timers is to run any more. */
  drop(): void;
}

/** TCP_TIMER_100MS_QUANTUM: a list that is due so much after a timer of retransmission is left as it is (need_to_resched_timerlist). */
const QUANTUM = 100;
/** TCPTV_REXMTMIN with tcp_rexmt_slop: the first wait for an ACK of data, in ticks. */
const RETRANSMIT = 230;
/** What is left of connections is collected once a second, from the first that ended on: inpcb_timeout (XNU bsd/netinet/in_pcb.c), ms. */
export const COLLECTED_EACH_MS = 1000;
/** TCP_TIMERLIST_MAX_OFFSET: it is run so often at the least. */
const LONGEST = 60_000;

class Entry implements DarwinEntry {
  readonly due = new Map<DarwinTimer, { at: number; run: () => void }>();
  readonly #list: DarwinTimers;

  constructor(list: DarwinTimers) {
    this.#list = list;
  }

  set(timer: DarwinTimer, ticks: number, run: () => void): void {
    if (ticks === Number.POSITIVE_INFINITY) return;
    this.due.set(timer, { at: this.#list.clock.ticks + ticks, run });
    this.#list.sched(this);
  }

  drop(): void {
    this.due.clear();
    this.#list.remove(this);
  }

  /** When the first of its timers is due. */
  get runtime(): number {
    let first = Number.POSITIVE_INFINITY;
    for (const { at } of this.due.values()) first = Math.min(first, at);
    return first;
  }
}

/**
 * One list for the timers of all connections (XNU bsd/netinet/tcp_timer.c). Whoever gets its first timer goes to its head
 * (tcp_sched_timers), and when it is run, all that are due by then go in one go, from the head on (tcp_run_timerlist): SYNs that are
 * sent again leave as a batch, the newest user's first.
 */
export class DarwinTimers {
  readonly clock = new DarwinClock();
  readonly #agenda: Agenda;
  #collects = false;
  /** Oldest first. */
  readonly #entries = new Set<Entry>();
  /** When it is to be run, in ticks; undefined: it is not planned. */
  #runtime: number | undefined;
  #planned = 0;
  #running = false;
  #preferred = Number.POSITIVE_INFINITY;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
    this.#collect();
  }

  /** An end of a connection is gone: there is something to be collected (inpcb_gc_sched). */
  ended(): void {
    this.#collects = true;
  }

  /** tcp_gc looks at the clock first. */
  #collect(): void {
    this.#agenda.plan(this.#agenda.now + COLLECTED_EACH_MS, () => {
      if (this.#collects) this.clock.move(this.#agenda.now);
      if (!this.#agenda.idle) this.#collect();
    });
  }

  entry(): DarwinEntry {
    return new Entry(this);
  }

  remove(entry: Entry): void {
    this.#entries.delete(entry);
  }

  /**
   * Somebody sends data or FIN, and has its timer of retransmission set (tcp_output). Over a loopback it never runs out: what is left of it
   * is that the list may be run sooner.
   */
  sent(): void {
    this.#resched(this.clock.ticks + RETRANSMIT);
  }

  sched(entry: Entry): void {
    this.#entries.add(entry);
    this.#resched(entry.runtime);
  }

  #resched(runtime: number): void {
    const offset = Math.max(1, runtime - this.clock.ticks);
    if (this.#running) this.#preferred = Math.min(this.#preferred, offset);
    else if (this.#runtime === undefined || this.#runtime - runtime > QUANTUM)
      this.#plan(Math.min(offset, QUANTUM));
  }

  #plan(offset: number): void {
    const ticks = Math.min(offset, LONGEST);
    this.#runtime = this.clock.ticks + ticks;
    this.#planned += 1;
    const planned = this.#planned;
    this.#agenda.plan(this.#agenda.now + ticks, () => {
      if (planned === this.#planned) this.#run();
    });
  }

  #run(): void {
    this.#running = true;
    this.clock.move(this.#agenda.now);
    const { ticks } = this.clock;
    for (const entry of [...this.#entries].reverse()) {
      for (const [timer, { at, run }] of entry.due) {
        if (at > ticks) continue;
        entry.due.delete(timer);
        run();
      }
      if (entry.due.size === 0) this.#entries.delete(entry);
    }
    this.#running = false;
    this.#runtime = undefined;
    let next = this.#preferred;
    this.#preferred = Number.POSITIVE_INFINITY;
    for (const entry of this.#entries) next = Math.min(next, entry.runtime - ticks);
    if (this.#entries.size > 0) this.#plan(next);
  }
}
