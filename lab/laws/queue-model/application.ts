import { descriptorThreshold } from '../descriptors.ts';
import type { Agenda } from './agenda.ts';
import type { Application, ClientEnd, Connection, Listener, Segment } from './connection.ts';
import type { ModelInput, ModelServer } from './input.ts';
import type { Link } from './link.ts';

/** Server.Serve of Go's net/http: how long it sleeps after a failed accept, first and at most, ms. */
const GO_FIRST_MS = 5;
const GO_MOST_MS = 1000;

/** The server's process: takes connections out of the queue, one after another, and answers their requests. */
export class Acceptor implements Application {
  listener!: Listener;
  readonly #server: ModelServer;
  readonly #agenda: Agenda;
  readonly #link: Link;
  readonly #clients: ClientEnd;
  readonly #speaks: boolean;
  /** On macOS a failed accept destroys what it would have returned (XNU bsd/kern/uipc_syscalls.c accept_nocancel). */
  readonly #destroys: boolean;
  #room: number;
  #taken = 0;
  #busy = false;
  #sleepMs = 0;

  constructor(agenda: Agenda, link: Link, clients: ClientEnd, input: ModelInput) {
    const { nofile, descriptorsAtRest = [] } = input.server;
    this.#server = input.server;
    this.#agenda = agenda;
    this.#link = link;
    this.#clients = clients;
    this.#speaks = input.client.speaks ?? true;
    this.#destroys = input.dialect === 'darwin';
    this.#room =
      nofile === undefined ? Number.POSITIVE_INFINITY : descriptorThreshold(nofile, descriptorsAtRest);
  }

  wake(): void {
    if (this.#busy) return;
    this.#busy = true;
    const { acceptTimes, stoppedUntilMs = 0 } = this.#server;
    const planned = acceptTimes ? (acceptTimes[this.#taken] ?? Number.POSITIVE_INFINITY) : 0;
    this.#agenda.plan(Math.max(this.#agenda.now, stoppedUntilMs, planned), () => this.#accept());
  }

  #accept(): void {
    this.#busy = false;
    if (this.#room <= 0) {
      this.#outOfDescriptors();
      return;
    }
    const connection = this.listener.accept();
    if (connection === undefined) return;
    this.#sleepMs = 0;
    this.#taken += 1;
    this.#room -= 1;
    connection.server = 'accepted';
    this.#busy = true;
    const serveMs = this.#server.acceptTimes ? 0 : 1000 / this.#server.acceptRate;
    this.#agenda.plan(this.#agenda.now + serveMs, () => {
      this.#serve(connection);
      this.#busy = false;
      this.wake();
    });
  }

  #serve(connection: Connection): void {
    if (connection.id === undefined) return;
    connection.served = true;
    if (connection.client === 'gone') this.#release(connection);
    else if (connection.unread || !this.#speaks) this.#answer(connection);
  }

  heard(connection: Connection, segment: Segment): void {
    if (segment === 'fin' || segment === 'rst') this.#release(connection);
    if (segment !== 'data') return;
    connection.unread = true;
    if (connection.served) this.#answer(connection);
  }

  #answer(connection: Connection): void {
    if (connection.answered) return;
    connection.answered = true;
    connection.unread = false;
    this.#link.send(() => this.#clients.answer(connection));
  }

  #release(connection: Connection): void {
    if (connection.server !== 'accepted') return;
    connection.server = 'closed';
    this.#room += 1;
    this.wake();
  }

  #outOfDescriptors(): void {
    const { whenOut = 'libuv' } = this.#server;
    if (whenOut === 'libuv') this.#shed(Number.POSITIVE_INFINITY);
    else if (whenOut === 'loop') {
      if (this.#destroys) this.#shed(Number.POSITIVE_INFINITY);
    } else if (this.#shed(this.#destroys ? 1 : 0)) {
      this.#sleepMs = Math.min(GO_MOST_MS, this.#sleepMs * 2 || GO_FIRST_MS);
      this.#busy = true;
      this.#agenda.plan(this.#agenda.now + this.#sleepMs, () => this.#accept());
    }
  }

  /** Takes so many out of the queue and closes them. Returns whether there were any to take. */
  #shed(most: number): boolean {
    let any = most === 0;
    for (let count = 0; count < most; count += 1) {
      const connection = this.listener.accept();
      if (connection === undefined) break;
      any = true;
      this.listener.close(connection);
    }
    return any;
  }
}
