import type { Peer, Peers } from './peers.ts';

/** Ends HTTP connections that wait for their next request longer than they may. */
export class KeepAlive {
  readonly #peers: Peers;
  readonly #ms: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param ms how long after an answer; 0: nothing is kept */
  constructor(peers: Peers, ms: number) {
    this.#peers = peers;
    this.#ms = ms;
  }

  get on(): boolean {
    return this.#ms > 0;
  }

  /** To be called when an answer is out. */
  answered(peer: Peer): void {
    this.#peers.keep(peer);
    if (this.#timer === undefined) this.#timer = setTimeout(() => this.#sweep(), this.#ms);
  }

  /** Ends all that are due; the first that is not, in the order of their answers, says when to look again. */
  #sweep(): void {
    this.#timer = undefined;
    for (const peer of this.#peers.kept.values()) {
      const left = peer.keptAt + this.#ms - performance.now();
      if (left > 0) {
        this.#timer = setTimeout(() => this.#sweep(), Math.ceil(left));
        return;
      }
      this.#peers.drop(peer, 'keep-alive', `no request for ${this.#ms} ms`);
    }
  }
}
