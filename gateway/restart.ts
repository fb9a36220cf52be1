import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Out } from './event-writer.ts';
import type { Settings } from './gateway-settings.ts';
import type { Peer, Peers } from './peers.ts';

/** Told to the users that are to leave: RFC 6455 7.4.1, registered at IANA as "Service Restart". */
const SERVICE_RESTART = 1012;
const FINEST_MS = 5;

type RestartSettings = Pick<Settings, 'RESTART_AT_USERS' | 'RESTART_MS' | 'RESTART_DRAIN_MS' | 'BACKLOG'>;

/**
 * A restart, once, as the users see it: all of them cut and nobody listening for a time, as when the process is killed
 * and started anew; or, drained, each told to leave in its turn while a successor already listens. The process stays, so
 * that whoever observes it by its pid can.
 */
export class Restart {
  readonly #settings: RestartSettings;
  readonly #http: Server;
  readonly #peers: Peers;
  readonly #out: Out;
  #begun = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(settings: RestartSettings, http: Server, peers: Peers, out: Out) {
    this.#settings = settings;
    this.#http = http;
    this.#peers = peers;
    this.#out = out;
  }

  /** Call with the number of users open after each that opens. */
  opened(users: number): void {
    const { RESTART_AT_USERS, RESTART_DRAIN_MS } = this.#settings;
    if (RESTART_AT_USERS === 0 || users < RESTART_AT_USERS || this.#begun) return;
    this.#begun = true;
    // Not within the call that opens the last: that one is open, and cut like the others.
    setImmediate(() => (RESTART_DRAIN_MS > 0 ? this.#drain() : this.#cut()));
  }

  /** Begins nothing more: the gateway ends. */
  stop(): void {
    this.#begun = true;
    clearTimeout(this.#timer);
  }

  #cut(): void {
    if (!this.#http.listening) return;
    const { address: host, port } = this.#http.address() as AddressInfo;
    this.#tell('down');
    // The kernel resets what is in the accept queue itself (net/ipv4/inet_connection_sock.c inet_csk_listen_stop).
    this.#http.close();
    for (const peer of [...this.#peers.open, ...this.#peers.pending.values(), ...this.#peers.kept.values()]) {
      this.#peers.decide(peer, 'restart');
      peer.tcp.resetAndDestroy();
    }
    this.#timer = setTimeout(() => {
      this.#http.listen({ host, port, backlog: this.#settings.BACKLOG }, () => this.#tell('up'));
    }, this.#settings.RESTART_MS);
  }

  #drain(): void {
    const leaving = [...this.#peers.open];
    const from = performance.now();
    let told = 0;
    const tell = () => {
      const share = Math.min(1, (performance.now() - from) / this.#settings.RESTART_DRAIN_MS);
      for (const due = Math.ceil(share * leaving.length); told < due; told++)
        this.#leave(leaving[told] as Peer);
      if (told === leaving.length) this.#tell('drained');
      else this.#timer = setTimeout(tell, FINEST_MS);
    };
    tell();
  }

  #leave(peer: Peer): void {
    if (!peer.writable) return;
    this.#peers.decide(peer, 'restart', SERVICE_RESTART);
    peer.ws?.close(SERVICE_RESTART, 'the gateway restarts');
  }

  #tell(phase: 'down' | 'up' | 'drained'): void {
    this.#out.write({ event: 'restart', at: Date.now(), phase, open: this.#peers.open.size });
  }
}
