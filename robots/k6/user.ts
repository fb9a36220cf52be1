import { clearTimeout, setTimeout } from 'k6/timers';
import { WebSocket } from 'k6/websockets';
import { PATH } from '../../protocol/betting.ts';
import type { K6Settings } from './k6-settings.ts';
import * as metrics from './metrics.ts';
import { readError, type Told } from './outcome.ts';

/** Who wants to know what becomes of a user. */
export interface Watcher {
  settled(user: User): void;
  left(user: User): void;
  heard(user: User, text: string): void;
}

/** One user: connects, stays, leaves. Times are milliseconds since the epoch, 0 for what was not reached. */
export class User {
  readonly id: number;
  startedAt = 0;
  openAt = 0;
  endedAt = 0;
  failure: Told | undefined;
  /** The round it takes part in, 0: none. */
  round = 0;
  bet: 'none' | 'due' | 'placed' | 'over' = 'none';
  betAt = 0;
  hadResult = false;
  played = 0;
  readonly bets = { placed: 0, acked: 0, rejected: 0 };
  slowestAckMs = -1;
  #socket: WebSocket | undefined;
  #leaving = false;
  /** A timer left behind would keep the iteration from its end. */
  #deadline: ReturnType<typeof setTimeout> | undefined;
  readonly #watcher: Watcher;

  constructor(id: number, watcher: Watcher) {
    this.id = id;
    this.#watcher = watcher;
  }

  get isOpen(): boolean {
    return this.openAt > 0 && this.failure === undefined;
  }

  connect({ TARGET_HOST: host, TARGET_PORT: port, CONNECT_TIMEOUT_MS: afterMs }: K6Settings): void {
    this.startedAt = Date.now();
    metrics.users.add(1);
    const name = host.includes(':') ? `[${host}]` : host;
    const socket = new WebSocket(`ws://${name}:${port}${PATH}`);
    this.#socket = socket;
    socket.onopen = () => {
      // It came too late: its deadline has ended it.
      if (this.failure !== undefined) return socket.close();
      if (this.#deadline !== undefined) clearTimeout(this.#deadline);
      this.openAt = Date.now();
      metrics.toOpen.add(this.openAt - this.startedAt);
      this.#watcher.settled(this);
    };
    socket.onmessage = (event) => this.#watcher.heard(this, String(event?.data));
    socket.onerror = (event) => this.#fail(readError(String(event?.error), this.openAt > 0));
    socket.onclose = (...args: unknown[]) => this.#closed(args[0]);
    this.#deadline = setTimeout(() => {
      this.#deadline = undefined;
      // k6 makes the TCP handshake and the upgrade in one, and does not tell which of them took so long.
      const detail = `our own deadline: handshake and upgrade took longer than ${afterMs} ms`;
      // k6 cannot give up a handshake: the socket is closed when it opens after all.
      this.#fail({ outcome: 'timeout', stage: 'connect', detail });
    }, afterMs);
  }

  say(text: string): void {
    this.#socket?.send(text);
  }

  leave(): void {
    this.#leaving = true;
    if (this.failure === undefined) this.#socket?.close();
  }

  #closed(event: unknown): void {
    const { code = 0, reason = '' } = (event ?? {}) as { code?: number; reason?: string };
    const stage = this.openAt > 0 ? 'open' : 'upgrade';
    this.#fail({
      outcome: 'closed',
      stage,
      ...(code > 0 && { code }),
      ...(reason !== '' && { said: reason }),
      detail: 'closed by the gateway',
    });
  }

  #fail(told: Told): void {
    if (this.failure !== undefined || this.#leaving) return;
    const wasOpen = this.isOpen;
    if (this.#deadline !== undefined) clearTimeout(this.#deadline);
    this.endedAt = Date.now();
    this.failure = told;
    metrics.failed.add(1, { stage: told.stage, outcome: told.outcome });
    if (wasOpen) this.#watcher.left(this);
    else this.#watcher.settled(this);
  }
}
