import { defined } from '../../../../common/defined.ts';
import type { ConnectionLine, Told } from '../../../../protocol/connection-events.ts';
import type { End, SocketEvent, Task, TraceEvent } from '../../../../system/tracefs/events.ts';

/** A socket's own reset is traced only when it has gone, after its change of state (net/ipv4/tcp.c __tcp_close, tcp_output.c tcp_send_active_reset). */
const RST_WITHIN_MS = 10;
/** A reset that was sent so long ago, on however slow a link, is not the one that arrives. */
const ARRIVES_WITHIN_MS = 5000;
/** A socket that has gone may still be answered for, by the kernel, to whatever comes late: so long its line waits, ms. */
export const AFTERWARDS_MS = 250;
/** Of a queue that is thrown away the last goes so much later. */
const THROWN_WITHIN_MS = 500;
/** So many senders' resets are kept, of the whole machine. */
const MOST_SENT = 65_536;

/** One connection of the server, from its completion to the end of its socket. Moments by the trace's clock. */
export interface Life {
  local: End;
  remote: End;
  /** It may be another server's. */
  shared?: true;
  complete?: number;
  /** Its first end: which state came after ESTABLISHED, and who made it so. */
  end?: { at: number; state: string };
  /** The first RST that the server's side sent, and the first that it took. */
  sent?: { at: number; reason?: string };
  took?: number;
  gone?: number;
  cookie?: string;
  accepted?: true;
  /** The listener was closed while it was in its queue. */
  thrown?: number;
  wait?: number;
  pid?: number;
  /** Its line is written: what is found out now comes too late. */
  over?: true;
  /** Another with the same port of the client's, at another address. */
  next?: Life;
}

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
  /** The last RST that each port sent to the server, or to whoever stands before it. */
  readonly #sent = new Map<number, { at: number; key: string }>();
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
      if (before === 'SYN_RECV') return this.#begin(sk, { local, remote, complete: at });
      this.#outgoing.add(sk);
      return undefined;
    }
    if (this.#outgoing.has(sk)) return undefined;
    const known = this.#bySocket.get(sk);
    // Of one that was complete before the trace began only its first end tells.
    if (known === undefined && before !== 'ESTABLISHED') return undefined;
    const life = known ?? this.#begin(sk, { local, remote });
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
    if (life.next === undefined) delete before.next;
    else before.next = life.next;
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
      this.#sent.delete(from.port);
      this.#sent.set(from.port, { at, key: keyOf(to, from) });
      if (this.#sent.size > MOST_SENT)
        for (const oldest of this.#sent.keys()) {
          this.#sent.delete(oldest);
          break;
        }
    }
  }

  #takes({ at, local, remote }: Extract<TraceEvent, { kind: 'receive' }>): void {
    const life = this.#find(local, remote);
    if (life !== undefined) life.took ??= at;
  }

  #isOurs({ host, port }: End): boolean {
    return port === this.#options.port && this.#options.isLocal(host);
  }

  /** The lines of those whose socket had gone some time before `now`, in that order. */
  over(now: number): ConnectionLine[] {
    const first = this.#gone.findIndex(({ gone = 0 }) => gone > now - AFTERWARDS_MS);
    const due = [...this.#unread, ...this.#gone.splice(0, first < 0 ? this.#gone.length : first)];
    this.#unread = [];
    return due.map((life) => this.#told(life));
  }

  /** The lines of all others, at the end; the open ones as such unless events were lost, and with them ends. */
  rest(complete: boolean): ConnectionLine[] {
    const gone = this.over(Number.POSITIVE_INFINITY);
    const left = [...this.#bySocket.values()].filter(({ end }) => complete || end !== undefined);
    this.#bySocket.clear();
    return [...gone, ...left.map((life) => this.#told(life))];
  }

  #told(life: Life): ConnectionLine {
    life.over = true;
    this.#letGo(life);
    const { complete, end, gone, cookie, wait, pid, sent } = life;
    const toEpoch = this.#options.toEpoch();
    const reset = this.#resetOf(life);
    const accepted = wasAccepted(life);
    const line: ConnectionLine = {
      event: 'connection',
      // When the kernel freed it, if it has: then the other witnesses tell of it.
      at: Math.round(gone === undefined ? Date.now() : gone + toEpoch),
      local: wordOf(life.local),
      remote: wordOf(life.remote),
    };
    if (end === undefined && gone === undefined) line.open = true;
    if (life.shared) line.shared = true;
    if (cookie !== undefined) line.cookie = cookie;
    if (complete !== undefined) line.complete = told(micros(complete + toEpoch));
    if (accepted !== undefined) line.accepted = told(accepted);
    if (wait !== undefined) line.wait = told(micros(wait));
    if (pid !== undefined) line.pid = told(pid);
    if (end !== undefined) {
      const { by, how } = firstEnd(life, end, reset);
      line.closed = told(micros(end.at + toEpoch));
      if (by !== undefined) line.closedBy = told(by);
      if (how !== undefined) line.how = told(how);
    }
    if (reset !== undefined) line.reset = told(reset);
    if (sent?.reason !== undefined) line.reason = told(sent.reason);
    if (end !== undefined && complete !== undefined) line.age = told(micros(end.at - complete));
    return line;
  }

  /** Whose RST was the first. */
  #resetOf({ sent, took, local, remote }: Life): 'server' | 'client' | 'neither' | undefined {
    if (sent !== undefined && !(took !== undefined && took < sent.at)) return 'server';
    if (took === undefined || !this.#options.hasSendings) return undefined;
    const theirs = this.#sent.get(remote.port);
    const since = theirs === undefined ? Number.POSITIVE_INFINITY : took - theirs.at;
    // With another address than its own it came here by NAT: then only the moment tells.
    const most = theirs?.key === keyOf(local, remote) ? ARRIVES_WITHIN_MS : RST_WITHIN_MS;
    return since >= -RST_WITHIN_MS && since <= most ? 'client' : 'neither';
  }
}

/** Thrown out of the queue it goes at once; if it lives on somebody has it. */
function wasAccepted({ accepted, thrown, gone }: Life): boolean | undefined {
  if (accepted === true || thrown === undefined) return accepted;
  return gone !== undefined && gone - thrown <= THROWN_WITHIN_MS ? false : undefined;
}

/** Which end came first, and what it was; nothing of a connection that the kernel gave up by itself. */
function firstEnd(
  { sent, took }: Life,
  { at, state }: { at: number; state: string },
  reset: 'server' | 'client' | 'neither' | undefined,
): { by?: 'server' | 'client'; how?: 'FIN' | 'RST' } {
  if (state === 'FIN_WAIT1') return { by: 'server', how: 'FIN' };
  if (state === 'CLOSE_WAIT') return { by: 'client', how: 'FIN' };
  const near = (moment: number | undefined) => moment !== undefined && Math.abs(moment - at) <= RST_WITHIN_MS;
  if (near(took)) return { how: 'RST', ...(reset === 'client' ? { by: 'client' as const } : {}) };
  if (near(sent?.at)) return { how: 'RST', by: 'server' };
  return {};
}

function told<T>(is: T): Told<T> {
  return { is, by: 'tracefs' };
}

/** The trace counts µs. */
const micros = (ms: number) => Math.round(ms * 1000) / 1000;

const keyOf = (local: End, remote: End) => `${local.host} ${local.port} ${remote.host} ${remote.port}`;

const isSame = (one: End, other: End) => one.port === other.port && one.host === other.host;

const wordOf = ({ host, port }: End) => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
