import { descriptorThreshold } from '../descriptor-law.ts';
import type { Agenda } from './agenda.ts';
import type { Application, Connection, Segment, World } from './connection.ts';
import type { ModelInput, ModelServer } from './model-input.ts';

/** Times are sums of fractions: part of a look. */
const ROUNDING = 1e-6;

/** Server.Serve of Go's net/http: how long it sleeps after a failed accept, first and at most, ms. */
const GO_FIRST_MS = 5;
const GO_MOST_MS = 1000;

/**
 * The server's process, an event loop: in each turn it takes one connection out of the queue (libuv src/unix/stream.c
 * uv__server_io), and answers the requests that were there when the turn began.
 */
export class Acceptor implements Application {
  readonly #server: ModelServer;
  readonly #world: World;
  readonly #agenda: Agenda;
  readonly #speaks: boolean;
  /** On macOS a failed accept destroys what it would have returned (XNU bsd/kern/uipc_syscalls.c accept_nocancel). */
  readonly #destroys: boolean;
  readonly #acceptMs: number;
  readonly #serveMs: number;
  readonly #pollMs: number | undefined;
  /** Polling: from when on it may take the next. */
  #due = 0;
  #ready: Connection[] = [];
  #room: number;
  #taken = 0;
  #busy = false;
  #sleepMs = 0;
  #sleepsUntil = 0;

  constructor(world: World, input: ModelInput) {
    const { nofile, descriptorsAtRest = [], acceptTimes, acceptRate, serveMs = 0 } = input.server;
    this.#server = input.server;
    this.#world = world;
    this.#agenda = world.agenda;
    this.#speaks = input.client.speaks ?? true;
    this.#destroys = input.dialect === 'darwin';
    this.#acceptMs = acceptTimes ? 0 : 1000 / acceptRate;
    this.#serveMs = serveMs;
    this.#pollMs = input.server.pollMs;
    this.#room =
      nofile === undefined ? Number.POSITIVE_INFINITY : descriptorThreshold(nofile, descriptorsAtRest);
  }

  wake(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#agenda.plan(Math.max(this.#agenda.now, this.#server.stoppedUntilMs ?? 0), () => this.#turn());
  }

  #turn(): void {
    const ready = this.#ready;
    this.#ready = [];
    let at = this.#agenda.now;
    const accepted = this.#accept();
    if (accepted && this.#pollMs === undefined) at += this.#acceptMs;
    for (const connection of ready) {
      at += this.#serveMs;
      this.#agenda.plan(at, () => this.#answer(connection));
    }
    this.#agenda.plan(at, () => {
      this.#busy = false;
      if (accepted || this.#ready.length > 0) this.wake();
    });
  }

  /** Returns whether a connection was taken. */
  #accept(): boolean {
    const at = this.#nextAt();
    if (at > this.#agenda.now) {
      this.#agenda.plan(at, () => this.wake());
      return false;
    }
    if (this.#room <= 0) {
      this.#outOfDescriptors();
      return false;
    }
    const connection = this.#world.listener.accept();
    if (connection === undefined) return false;
    this.#sleepMs = 0;
    this.#taken += 1;
    this.#countFromLook();
    this.#room -= 1;
    connection.server = 'accepted';
    if (connection.id === undefined) return true;
    if (connection.client === 'gone') this.#release(connection);
    else if (connection.unread || !this.#speaks) this.#ready.push(connection);
    return true;
  }

  /** When it may take the next. */
  #nextAt(): number {
    const { acceptTimes } = this.#server;
    const planned = acceptTimes ? (acceptTimes[this.#taken] ?? Number.POSITIVE_INFINITY) : 0;
    return Math.max(planned, this.#sleepsUntil, this.#nextLook());
  }

  #nextLook(): number {
    return this.#pollMs === undefined ? 0 : Math.ceil(this.#due / this.#pollMs - ROUNDING) * this.#pollMs;
  }

  #countFromLook(): void {
    if (this.#pollMs === undefined) return;
    const before = (Math.floor(this.#agenda.now / this.#pollMs + ROUNDING) - 1) * this.#pollMs;
    this.#due = Math.max(this.#due, before) + this.#acceptMs;
  }

  heard(connection: Connection, segment: Segment): void {
    if (segment === 'fin' || segment === 'rst') this.#release(connection);
    if (segment !== 'data' || connection.unread || connection.answered) return;
    connection.unread = true;
    this.#ready.push(connection);
    this.wake();
  }

  #answer(connection: Connection): void {
    if (connection.server !== 'accepted') return;
    connection.answered = true;
    connection.unread = false;
    const { link, clients } = this.#world;
    link.send(() => clients.answer(connection));
    this.#world.timers?.sent();
  }

  /** The user has closed it, so the process does. */
  #release(connection: Connection): void {
    if (connection.server !== 'accepted') return;
    connection.server = 'closed';
    this.#world.listener.left(connection);
    this.#room += 1;
    this.wake();
  }

  #outOfDescriptors(): void {
    const { whenOut = 'libuv' } = this.#server;
    if (whenOut === 'libuv') this.#shed(Number.POSITIVE_INFINITY);
    else if (whenOut === 'loop') {
      // On Linux it spins until a descriptor is free, and the queue stays as it is.
      if (this.#destroys) this.#shed(Number.POSITIVE_INFINITY);
    } else if (!this.#destroys || this.#shed(1)) {
      this.#sleepMs = Math.min(GO_MOST_MS, this.#sleepMs * 2 || GO_FIRST_MS);
      this.#sleepsUntil = this.#agenda.now + this.#sleepMs;
      if (this.#destroys) this.#agenda.plan(this.#sleepsUntil, () => this.wake());
    }
  }

  /** Takes so many out of the queue at most, and closes them. Returns whether there were any. */
  #shed(most: number): boolean {
    let any = false;
    for (let count = 0; count < most; count += 1) {
      const connection = this.#world.listener.accept();
      if (connection === undefined) break;
      any = true;
      this.#world.listener.close(connection);
    }
    return any;
  }
}
