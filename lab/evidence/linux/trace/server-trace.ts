import type { WitnessLine } from '../../../../protocol/connection-events.ts';
import type { ConnectionRow } from '../../../../protocol/connection-rows.ts';
import type { FailedConnect, MadeConnects } from '../../../../protocol/upstream-events.ts';
import { FIRST_NAMESPACE, thisPlace } from '../../../../system/pid-place.ts';
import type { AcceptEvent, Task, TraceEvent } from '../../../../system/tracefs/events.ts';
import type { TraceInstance } from '../../../../system/tracefs/instance.ts';
import { AcceptQueue, type Look } from './accept-queue.ts';
import { Lives } from './lives.ts';
import { OutgoingConnects } from './outgoing-connects.ts';
import { pidIn, ServerSockets } from './server-sockets.ts';
import { Threads } from './threads.ts';
import { EVENT, EVENTS_OF_CALLS, eventOfLastState } from './wanted-events.ts';

/** Looking at the server's descriptors and the machine's namespaces is dear: at most this part of the time. */
const REFRESH_MS = 10_000;
const REFRESH_SHARE = 1 / 300;
/** Of an accept(2) the number of its error (include/uapi/asm-generic/errno-base.h). */
const ERRORS: Record<number, 'EMFILE' | 'ENFILE'> = { [-24]: 'EMFILE', [-23]: 'ENFILE' };
const MOST_KNOWN = 10_000;
/** All listeners are looked for no more often: behind them the kernel goes through the table of all connections, which takes ms. */
const SEEK_MS = 1000;

/** The queue's length is looked at no more often while it is what was rebuilt. */
const LOOK_MS = 900;

export interface TraceSubject {
  port: number;
  /** The one address at which its users come; absent: those of its listeners. */
  only: string | undefined;
  /** Addresses at which other servers of its network namespace listen on the same port. */
  others?: readonly string[];
  /** Numbers of its network namespace, and of the pid namespace in which its processes are told of; absent: not known. */
  net: string | undefined;
  pids: string | undefined;
}

/** What the trace tells of one server: the lives of its connections, their waits, and what accept(2) could not. */
export class ServerTrace {
  readonly #instance: TraceInstance;
  readonly #lives: Lives;
  /** Absent: it is no client of others, or its processes are not known here. */
  readonly #connects: OutgoingConnects | undefined;
  readonly #queue = new AcceptQueue();
  readonly #clock: () => number;
  readonly #sockets: ServerSockets | undefined;
  readonly #pids: string | undefined;
  readonly #threads: Threads;
  readonly #numbers = new Map<number, number | undefined>();
  readonly #calls = new Map<number, number>();
  readonly #failed: NonNullable<WitnessLine['failedAccepts']> = {};
  #failedCalls = 0;
  #emfileAt: WitnessLine['emfileAt'];
  readonly #missing: string[] = [];
  #look: Look | undefined;
  #moved = true;
  #noWaits: string | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #soughtAt = Number.NEGATIVE_INFINITY;
  #refreshAt = Number.NEGATIVE_INFINITY;
  #tellsCalls = false;
  #acceptsSeen = 0;
  #completed = 0;

  constructor(
    instance: TraceInstance,
    { port, only, others, net, pids }: TraceSubject,
    clock: () => number,
    toEpoch: () => number,
  ) {
    this.#clock = clock;
    this.#instance = instance;
    this.#threads = new Threads(() => instance.processes());
    // The trace numbers processes as the first namespace does.
    const isFirst = thisPlace()?.namespace === FIRST_NAMESPACE;
    this.#pids = isFirst ? pids : undefined;
    const has = (event: string) => !instance.missing.includes(event);
    this.#sockets =
      net !== undefined && isFirst ? new ServerSockets(port, net, only, clock, others) : undefined;
    if (!isFirst)
      this.#missing.push(
        'processes and waits: the trace has the pids of the first pid namespace, and this is another one',
      );
    if (net === undefined)
      this.#missing.push("waits: the number of the server's network namespace is not known");
    for (const event of instance.missing)
      this.#missing.push(`${event.replace('/', ':')}: this kernel does not trace it`);
    const isLocal = (host: string) =>
      this.#sockets?.isLocal(host) ?? (only === undefined ? !others?.includes(host) : only === host);
    if (!has(EVENT.destroy)) instance.also(eventOfLastState(port, only === undefined));
    const isServer = (thread: number) => {
      const pid = this.#threads.processOf(thread);
      return pid !== undefined && this.#sockets?.holds(pid) === true;
    };
    if (only === undefined && this.#sockets) this.#connects = new OutgoingConnects(isServer, toEpoch);
    this.#lives = new Lives({
      port,
      isLocal,
      isShared: (host, at) => this.#sockets?.isShared(host, at) ?? only === undefined,
      hasSendings: has(EVENT.sent),
      hasDestroys: has(EVENT.destroy),
      pidOf: (task) => this.#pidOf(task),
      toEpoch,
    });
    this.#refresh();
  }

  /** The processes that hold its listener, as the first pid namespace numbers them. */
  get holders(): readonly number[] {
    return this.#sockets?.holders ?? [];
  }

  /** Whose this address is, as far as is known: `shared` by a server of another network namespace. */
  whoseIs(host: string): 'own' | 'shared' | undefined {
    if (!this.#sockets?.isLocal(host)) return undefined;
    return this.#sockets.isShared(host, this.#clock()) ? 'shared' : 'own';
  }

  /** Is it the server to which this process sends, at an address that is also another's? */
  reaches(pid: number, host: string): boolean {
    return this.#sockets?.reaches(pid, host) ?? false;
  }

  /** More events follow, `take` by `take` in the order of their times. */
  begin(): void {
    this.#threads.begin();
  }

  take(event: TraceEvent): void {
    this.#connects?.take(event);
    if (event.kind === 'connected') return;
    if (event.kind === 'no descriptor') {
      this.#missed(event);
      return;
    }
    this.#moved = true;
    if (event.kind === 'accept') this.#calls.set(event.task.thread, event.fd);
    else if (event.kind === 'accepted') this.#accepts(event);
    else if (event.kind === 'state' && event.after === 'LISTEN')
      this.#sockets?.begins(this.#threads.processOf(event.task.thread));
    else if (event.kind === 'state' && event.before === 'LISTEN') {
      this.#lookBefore(event.at);
      // Another server's, in another network namespace, has the same form.
      if (this.#sockets?.isListening(event.local.host) && !this.#acceptsUnseen())
        this.#queue.closes(event.at);
      else this.#queue.unsure();
    } else {
      const life = this.#lives.take(event);
      if (life === undefined) return;
      this.#completed += 1;
      this.#lookBefore(event.at);
      this.#queue.comes(life, event.at);
      if (life.shared) this.#queue.unsure(true);
    }
  }

  /** All events of up to `now` were taken; gives the rows of the connections that are over. */
  over(now: number): ConnectionRow[] {
    this.#lookBefore(now);
    this.#queue.settle(now);
    return this.#lives.over(now);
  }

  /** Connections that the server did not get of others since the last time. */
  failedConnects(): FailedConnect[] {
    return this.#connects?.failed() ?? [];
  }

  /** Those that it did get. */
  madeConnects(): MadeConnects {
    return this.#connects?.made() ?? { to: {}, atOnce: 0 };
  }

  /** Another call than accept(2) came back without a descriptor. */
  #missed({ at, task }: AcceptEvent): void {
    const pid = this.#threads.processOf(task.thread);
    if (pid === undefined || !this.#sockets?.holds(pid)) return;
    this.#failedCalls += 1;
    this.#emfileAt = { first: this.#emfileAt?.first ?? at, last: at };
  }

  #accepts({ at, result, task }: AcceptEvent & { kind: 'accepted' }): void {
    const pid = this.#threads.processOf(task.thread);
    const fd = this.#calls.get(task.thread);
    this.#calls.delete(task.thread);
    if (pid === undefined || !this.#sockets?.holds(pid)) return;
    this.#acceptsSeen += 1;
    const error = ERRORS[result];
    if (error !== undefined) this.#failed[error] = (this.#failed[error] ?? 0) + 1;
    if (error === 'EMFILE') this.#emfileAt = { first: this.#emfileAt?.first ?? at, last: at };
    if (result < 0) return;
    if (this.#tellsCalls && fd !== undefined && !this.#sockets.isListener(pid, fd)) return;
    this.#lookBefore(at);
    // It waited in accept(2) when that was not told of yet: for whom is not known.
    if (this.#tellsCalls && fd === undefined) this.#queue.unsure();
    else this.#queue.accepted(at, this.#sockets.holders.length === 1 ? this.#numberOf(pid) : undefined);
  }

  /** By io_uring nobody is seen to accept. */
  #acceptsUnseen(): boolean {
    return this.#acceptsSeen === 0 && this.#sockets?.hasUring === true;
  }

  /** The look was before this moment: then it comes first. */
  #lookBefore(at: number): void {
    if (this.#look === undefined || this.#look.from > at) return;
    if (this.#noWaits === undefined) this.#queue.looked(this.#look);
    this.#look = undefined;
  }

  /** Looks at the queue if that is due, after `over`. */
  lookAtQueue(): void {
    const now = performance.now();
    if (now > this.#refreshAt) this.#refresh();
    if (this.#noWaits !== undefined) return;
    // Nothing has happened since the last one, or that was just now.
    if (this.#queue.isKnown && (!this.#moved || now - this.#lookedAt < LOOK_MS)) return;
    this.#moved = false;
    this.#lookedAt = now;
    const from = this.#clock();
    const waiting = this.#sockets?.waiting();
    if (waiting !== undefined) this.#look = { from, to: this.#clock(), waiting };
    else if (now - this.#soughtAt > SEEK_MS) {
      // It has gone, and may come back as another.
      this.#soughtAt = now;
      this.#sockets?.listeners();
    }
  }

  #refresh(): void {
    const spent = process.cpuUsage();
    this.#lookAround();
    const { user, system } = process.cpuUsage(spent);
    this.#refreshAt = performance.now() + Math.max(REFRESH_MS, (user + system) / 1000 / REFRESH_SHARE);
  }

  #lookAround(): void {
    if (this.#sockets === undefined) {
      this.#noWaits = 'not known';
      return;
    }
    this.#sockets.refresh();
    this.#noWaits = this.#sockets.whyNoOrder();
    if (this.#noWaits !== undefined) this.#queue.unsure();
    if (this.#noWaits === undefined && this.#sockets.hasOthers && !this.#tellsCalls) {
      this.#tellsCalls =
        EVENTS_OF_CALLS.filter((wanted) => this.#instance.also(wanted)).length === EVENTS_OF_CALLS.length;
      if (!this.#tellsCalls)
        this.#noWaits =
          'the server has several listeners, and this kernel does not trace the calls of accept(2)';
    }
  }

  /** Events were lost: whoever is in the queue is not known any more. */
  lostSome(): void {
    this.#queue.unsure();
  }

  /** The rows of all others, when it is over. `complete`: no event was lost. */
  rest(complete: boolean): ConnectionRow[] {
    return this.#lives.rest(complete);
  }

  /** What the witness says of itself. */
  get said(): Pick<WitnessLine, 'without' | 'failedAccepts' | 'failedCalls' | 'emfileAt'> {
    const without = [...this.#missing];
    if (this.#sockets !== undefined && this.#noWaits !== undefined) without.push(`waits: ${this.#noWaits}`);
    else if (this.#completed > 0 && this.#acceptsUnseen())
      without.push(
        'waits: no accept(2) of the server was seen; it uses io_uring, which accepts without that call',
      );
    return {
      ...(without.length > 0 ? { without } : {}),
      ...(Object.keys(this.#failed).length > 0 ? { failedAccepts: { ...this.#failed } } : {}),
      ...(this.#failedCalls > 0 ? { failedCalls: this.#failedCalls } : {}),
      ...(this.#emfileAt ? { emfileAt: this.#emfileAt } : {}),
    };
  }

  #pidOf(task: Task): number | undefined {
    const pid = this.#threads.processOf(task.thread);
    return pid === undefined ? undefined : this.#numberOf(pid);
  }

  /** Of a process of the first namespace its number where it is told of. */
  #numberOf(pid: number): number | undefined {
    if (this.#pids === undefined) return undefined;
    if (!this.#numbers.has(pid)) {
      if (this.#numbers.size >= MOST_KNOWN) this.#numbers.clear();
      this.#numbers.set(pid, pidIn(this.#pids, pid));
    }
    return this.#numbers.get(pid);
  }
}
