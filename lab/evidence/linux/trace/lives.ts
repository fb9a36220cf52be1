import { defined } from '../../../../common/defined.ts';
import type { ConnectionRow } from '../../../../protocol/connection-rows.ts';
import type { End, SocketEvent, Task, TraceEvent } from '../../../../system/tracefs/events.ts';
import { Life, RST_WITHIN_MS, type Sender } from './life.ts';
import { rowOfLife } from './row-of-life.ts';

/** A reset that was sent so long ago, on however slow a link, is not the one that arrives. */
const ARRIVES_WITHIN_MS = 5000;
/** A socket that has gone may still be answered for, by the kernel, to whatever comes late: so long its line waits, ms. */
export const AFTERWARDS_MS = 250;
/** So many senders' resets are kept, of the whole machine. */
const MOST_SENT = 65_536;

export interface LivesOptions {
  port: number;
  /** Is this address the server's? */
  isLocal: (host: string) => boolean;
  /** May a connection at this address of the server be another server's? Of one that was complete before the trace began `at` is absent. */
  isShared: (host: string, at?: number) => boolean;
  /** The trace has the end of each socket; else its last state stands for it. */
  hasDestroys: boolean;
  /** The trace has each RST that any TCP of this kernel sends. */
  hasSendings: boolean;
  /** The process as whoever reads the lines numbers it; undefined: not known. */
  pidOf: (task: Task) => number | undefined;
  /** From the trace's clock to ms since the epoch. */
  toEpoch: () => number;
}

/** The lives of a server's connections, from the kernel's events in the order of their times. */
export class Lives {
  readonly #options: LivesOptions;
  readonly #bySocket = new Map<number, Life>();
  /** By the client's port: text would be made of each event's ends. */
  readonly #byPort = new Map<number, Life>();
  /** Sockets that connect from the server's port. */
  readonly #outgoing = new Set<number>();
  /** The last RST that each port sent to the server, or to whoever stands before it, and by its ends: two clients may have one port. */
  readonly #sent = new Map<number, number>();
  readonly #sentOn = new Map<string, number>();
  #gone: Life[] = [];
  #unread: Life[] = [];

  constructor(options: LivesOptions) {
    this.#options = options;
  }

  /** Takes an event; gives the life that it completes. */
  take(event: TraceEvent): Life | undefined {
    if (event.kind === 'state') return this.#changes(event);
    if (event.kind === 'destroy') this.#goes(event);
    else if (event.kind === 'send') this.#sends(event);
    else if (event.kind === 'receive') this.#takes(event);
    return undefined;
  }

  #changes(event: SocketEvent & { kind: 'state' }): Life | undefined {
    const { sk, at, before, after, local, remote, task } = event;
    if (!this.#isOurs(local) || remote.port === 0) return undefined;
    if (after === 'ESTABLISHED') {
      // It may be in the place of one whose end was lost.
      this.#forget(sk);
      if (before === 'SYN_RECV') return this.#begin(sk, new Life(local, remote, at));
      this.#outgoing.add(sk);
      return undefined;
    }
    if (this.#outgoing.has(sk)) return undefined;
    const known = this.#bySocket.get(sk);
    // Of one that was complete before the trace began only its first end tells.
    if (known === undefined && before !== 'ESTABLISHED') return undefined;
    const life = known ?? this.#begin(sk, new Life(local, remote));
    life.end ??= { at, state: after };
    if (task.inside && before === 'ESTABLISHED') this.#isHeldBy(life, task);
    if (after === 'CLOSE' && !this.#options.hasDestroys) this.#leaves(sk, at);
    return undefined;
  }

  #begin(sk: number, life: Life): Life {
    if (this.#options.isShared(life.local.host, life.complete)) life.shared = true;
    this.#bySocket.set(sk, life);
    const { port } = life.remote;
    const other = this.#byPort.get(port);
    if (other !== undefined) life.next = other;
    this.#byPort.set(port, life);
    return life;
  }

  #isHeldBy(life: Life, task: Task): void {
    const pid = this.#options.pidOf(task);
    if (pid !== undefined) life.pid = pid;
  }

  /** The last one with these ends whose line is not written yet. */
  #find(local: End, remote: End): Life | undefined {
    for (let life = this.#byPort.get(remote.port); life !== undefined; life = life.next)
      if (isSame(life.remote, remote) && isSame(life.local, local)) return life;
    return undefined;
  }

  #letGo(life: Life): void {
    const { port } = life.remote;
    let before = this.#byPort.get(port);
    if (before === life) {
      if (life.next === undefined) this.#byPort.delete(port);
      else this.#byPort.set(port, life.next);
      return;
    }
    while (before !== undefined && before.next !== life) before = before.next;
    if (before === undefined) return;
    before.next = life.next;
  }

  #forget(sk: number): void {
    this.#outgoing.delete(sk);
    const before = this.#bySocket.get(sk);
    this.#bySocket.delete(sk);
    if (before !== undefined) this.#unread.push(before);
  }

  /** Of one that was wiped it has no other end any more: the socket tells which it is. */
  #goes({ sk, at, cookie }: SocketEvent & { kind: 'destroy' }): void {
    this.#outgoing.delete(sk);
    this.#leaves(sk, at, cookie);
  }

  #leaves(sk: number, gone: number, cookie?: string): void {
    const life = this.#bySocket.get(sk);
    if (life === undefined) return;
    this.#bySocket.delete(sk);
    life.gone = gone;
    if (cookie !== undefined) life.cookie = cookie;
    this.#gone.push(life);
  }

  #sends({ at, from, to, reason }: Extract<TraceEvent, { kind: 'send' }>): void {
    const life = this.#find(from, to);
    if (life !== undefined) life.sent ??= { at, ...defined({ reason }) };
    else if (from.port !== this.#options.port) {
      keepLast(this.#sent, from.port, at);
      keepLast(this.#sentOn, keyOf(to, from), at);
    }
  }

  #takes({ at, local, remote }: Extract<TraceEvent, { kind: 'receive' }>): void {
    const life = this.#find(local, remote);
    if (life !== undefined) life.took ??= at;
    else if (remote.port === this.#options.port) {
      const theirs = this.#find(remote, local);
      if (theirs !== undefined) theirs.clientTook ??= at;
    }
  }

  #isOurs({ host, port }: End): boolean {
    return port === this.#options.port && this.#options.isLocal(host);
  }

  /** The rows of those whose socket had gone some time before `now`, in that order. */
  over(now: number): ConnectionRow[] {
    const first = this.#gone.findIndex(({ gone = 0 }) => gone > now - AFTERWARDS_MS);
    const due = [...this.#unread, ...this.#gone.splice(0, first < 0 ? this.#gone.length : first)];
    this.#unread = [];
    return this.#rowsOf(due);
  }

  /** The rows of all others, at the end; the open ones as such unless events were lost, and with them ends. */
  rest(complete: boolean): ConnectionRow[] {
    const gone = this.over(Number.POSITIVE_INFINITY);
    const left = [...this.#bySocket.values()].filter(({ end }) => complete || end !== undefined);
    this.#bySocket.clear();
    return [...gone, ...this.#rowsOf(left)];
  }

  #rowsOf(lives: readonly Life[]): ConnectionRow[] {
    const toEpoch = this.#options.toEpoch();
    return lives.map((life) => {
      life.over = true;
      this.#letGo(life);
      if (this.#wasForged(life)) life.forged = true;
      return rowOfLife(life, this.#resetOf(life), toEpoch);
    });
  }

  /** Its client took an RST while the server had it: what the server's TCP sends then is traced, on kernels before 6.10 as well. */
  #wasForged({ clientTook, sent, end }: Life): boolean {
    if (clientTook === undefined || !this.#options.hasSendings) return false;
    const first = Math.min(sent?.at ?? Number.POSITIVE_INFINITY, end?.at ?? Number.POSITIVE_INFINITY);
    return first > clientTook + RST_WITHIN_MS;
  }

  /** Whose RST was the first. */
  #resetOf({ sent, took, local, remote }: Life): Sender | undefined {
    if (sent !== undefined && !(took !== undefined && took < sent.at)) return 'server';
    if (took === undefined || !this.#options.hasSendings) return undefined;
    const arrived = (at: number | undefined, most: number) =>
      at !== undefined && took - at >= -RST_WITHIN_MS && took - at <= most;
    if (arrived(this.#sentOn.get(keyOf(local, remote)), ARRIVES_WITHIN_MS)) return 'client';
    // With another address than its own it came here by NAT: then only the moment tells.
    return arrived(this.#sent.get(remote.port), RST_WITHIN_MS) ? 'client' : 'neither';
  }
}

function keepLast<K>(map: Map<K, number>, key: K, at: number): void {
  map.delete(key);
  map.set(key, at);
  if (map.size <= MOST_SENT) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}

const keyOf = (local: End, remote: End) => `${local.host} ${local.port} ${remote.host} ${remote.port}`;

const isSame = (one: End, other: End) => one.port === other.port && one.host === other.host;
