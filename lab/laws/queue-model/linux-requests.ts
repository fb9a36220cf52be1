import type { Connection, World } from './connection.ts';
import type { LinuxSettings } from './model-input.ts';

/** TCP_TIMEOUT_INIT and TCP_RTO_MAX (Linux include/net/tcp.h), ms. */
const FIRST_MS = 1000;
const LONGEST_MS = 120_000;

/** The SYN queue of Linux: half-open connections, each with its timer. */
export class Requests {
  readonly #settings: LinuxSettings;
  readonly #capacity: number;
  readonly #world: World;
  readonly #synAck: (connection: Connection) => void;
  /** By connection, its time-outs so far: num_timeout of struct request_sock. */
  readonly #timeouts = new Map<Connection, number>();
  /** Those that have not timed out yet. */
  #young = 0;

  constructor(
    settings: LinuxSettings,
    capacity: number,
    world: World,
    synAck: (connection: Connection) => void,
  ) {
    this.#settings = settings;
    this.#capacity = capacity;
    this.#world = world;
    this.#synAck = synAck;
  }

  get size(): number {
    return this.#timeouts.size;
  }

  /** inet_csk_reqsk_queue_is_full (include/net/inet_connection_sock.h): the same bound as the accept queue's. */
  get full(): boolean {
    return this.size >= this.#capacity;
  }

  /** Without cookies the last quarter of tcp_max_syn_backlog is for peers that are known (tcp_conn_request). */
  get lastQuarter(): boolean {
    const { tcp_max_syn_backlog: most = 4096, knownPeer = false } = this.#settings;
    return !knownPeer && most - this.size < most >> 2;
  }

  has(connection: Connection): boolean {
    return this.#timeouts.has(connection);
  }

  add(connection: Connection): void {
    connection.server = 'half-open';
    connection.opened += 1;
    this.#timeouts.set(connection, 0);
    this.#young += 1;
    this.#plan(connection, 0);
  }

  remove(connection: Connection): void {
    if (this.#timeouts.get(connection) === 0) this.#young -= 1;
    this.#timeouts.delete(connection);
  }

  /** The SYN came again: so does the SYN-ACK (tcp_check_req). */
  again(connection: Connection): void {
    this.#world.tally.add('TcpExt TCPSynRetrans');
    this.#synAck(connection);
  }

  #plan(connection: Connection, timeouts: number): void {
    const { opened } = connection;
    this.#world.after(Math.min(FIRST_MS * 2 ** timeouts, LONGEST_MS), () => {
      if (this.has(connection) && connection.opened === opened) this.#timeOut(connection, timeouts);
    });
  }

  /** reqsk_timer_handler (net/ipv4/inet_connection_sock.c). */
  #timeOut(connection: Connection, timeouts: number): void {
    if (timeouts >= this.#retries()) {
      this.remove(connection);
      connection.server = 'none';
      connection.doomed = 'forgotten';
      return;
    }
    if (timeouts === 0) this.#young -= 1;
    this.#timeouts.set(connection, timeouts + 1);
    this.#plan(connection, timeouts + 1);
    this.again(connection);
  }

  /** Fewer SYN-ACKs than tcp_synack_retries when more than half of the queue is in use and most of it is old. */
  #retries(): number {
    let { tcp_synack_retries: retries = 5 } = this.#settings;
    const bound = this.#capacity - 1;
    if (this.size * 2 <= Math.max(8, bound)) return retries;
    for (let young = this.#young * 2; retries > 2 && this.size >= young; young *= 2) retries -= 1;
    return retries;
  }
}
