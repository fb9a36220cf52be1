import type { ConnectError, FailedConnect, MadeConnects } from '../../../../protocol/upstream-events.ts';
import type { End, Task, TraceEvent } from '../../../../system/tracefs/events.ts';

/** include/uapi/asm-generic/errno.h. */
const ERRORS: Record<number, ConnectError> = { [-99]: 'EADDRNOTAVAIL', [-11]: 'EAGAIN' };
/** Of a machine whose programs connect without end. */
const MOST_OPEN = 50_000;
/** An RST comes in a moment before the socket that it ends is closed (net/ipv4/tcp_input.c tcp_reset). */
const RESET_WITHIN_MS = 5;
/** Remote ends that are told apart. */
const MOST_ENDS = 100;

/** A connection that the server has asked for. */
interface Asked {
  thread: number;
  to: string;
}

/**
 * The connections that a server asks others for, those that it does not get one by one, from the kernel's events in the order of their times. A socket in
 * SYN_SENT is the server's by the thread that put it there (net/ipv4/tcp_ipv4.c tcp_v4_connect); what ends it, that state left for
 * CLOSE tells: an RST that came in just before, the server itself, or else the kernel's clock.
 */
export class OutgoingConnects {
  readonly #isServer: (thread: number) => boolean;
  readonly #toEpoch: () => number;
  readonly #asked = new Map<number, Asked>();
  /** Where each thread of the server last wanted to connect to. */
  readonly #lastOf = new Map<number, string>();
  #reset: { at: number; local: End; remote: End } | undefined;
  #failed: FailedConnect[] = [];
  #made = noneMade();

  /** `isServer`: is it a thread of a process of the server's? `toEpoch`: from the trace's clock to ms since the epoch. */
  constructor(isServer: (thread: number) => boolean, toEpoch: () => number) {
    this.#isServer = isServer;
    this.#toEpoch = toEpoch;
  }

  take(event: TraceEvent): void {
    if (event.kind === 'connected') this.#returns(event);
    else if (event.kind === 'receive') this.#reset = event;
    else if (event.kind === 'state' && event.after === 'SYN_SENT') this.#asks(event);
    else if (event.kind === 'state' && event.before === 'SYN_SENT') this.#ends(event);
  }

  #asks({ sk, task, remote }: Extract<TraceEvent, { kind: 'state' }>): void {
    if (!task.inside || !this.#isServer(task.thread)) {
      this.#asked.delete(sk);
      return;
    }
    if (this.#asked.size >= MOST_OPEN) this.#asked.clear();
    const to = textOf(remote);
    this.#asked.set(sk, { thread: task.thread, to });
    if (this.#lastOf.size >= MOST_OPEN) this.#lastOf.clear();
    this.#lastOf.set(task.thread, to);
  }

  #ends({ sk, at, after, local, remote, task }: Extract<TraceEvent, { kind: 'state' }>): void {
    const asked = this.#asked.get(sk);
    this.#asked.delete(sk);
    if (asked !== undefined && after === 'ESTABLISHED') this.#makes(asked.to);
    // Without a port of its own it was never sent: its connect(2) says why.
    if (asked === undefined || after !== 'CLOSE' || local.port === 0) return;
    this.#failed.push({
      at: this.#toEpoch() + at,
      error: this.#errorOf(at, local, remote, task),
      to: asked.to,
    });
  }

  #makes(remote: string): void {
    const { to } = this.#made;
    const end = remote in to || Object.keys(to).length < MOST_ENDS ? remote : '';
    to[end] = (to[end] ?? 0) + 1;
  }

  #errorOf(at: number, local: End, remote: End, task: Task): ConnectError {
    const reset = this.#reset;
    const isIts = reset?.local.port === local.port && reset.remote.port === remote.port;
    if (isIts && at - reset.at <= RESET_WITHIN_MS) return 'ECONNREFUSED';
    return task.inside && this.#isServer(task.thread) ? 'ECANCELED' : 'ETIMEDOUT';
  }

  #returns({ at, result, task }: Extract<TraceEvent, { kind: 'connected' }>): void {
    const error = ERRORS[result];
    if ((error === undefined && result !== 0) || !this.#isServer(task.thread)) return;
    if (error === undefined) {
      this.#made.atOnce += 1;
      return;
    }
    const to = error === 'EADDRNOTAVAIL' ? this.#lastOf.get(task.thread) : undefined;
    this.#failed.push({ at: this.#toEpoch() + at, error, ...(to === undefined ? {} : { to }) });
  }

  /** Those that it got since the last time. */
  made(): MadeConnects {
    const made = this.#made;
    this.#made = noneMade();
    return made;
  }

  /** Those that it did not get since the last time. */
  failed(): FailedConnect[] {
    const failed = this.#failed;
    this.#failed = [];
    return failed;
  }
}

const noneMade = (): MadeConnects => ({ to: {}, atOnce: 0 });

const textOf = ({ host, port }: End) => `${host.includes(':') ? `[${host}]` : host}:${port}`;
