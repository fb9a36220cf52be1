import type { Out } from './event-writer.ts';
import { textFrame } from './frame.ts';
import type { Settings } from './gateway-settings.ts';
import type { Ledger } from './ledger.ts';
import type { Peer, Peers } from './peers.ts';

type RoundSettings = Pick<Settings, 'ROUND_MS' | 'PAUSE_MS' | 'BROADCAST_KB'>;

/** The cycle that all users share: betting open, betting closed, result, pause. */
export class Rounds {
  /** The round that takes bets now; undefined between rounds. */
  current: number | undefined;
  #last = 0;
  #audience = 0;
  #late = 0;
  #closesAt = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #settings: RoundSettings;
  readonly #peers: Peers;
  readonly #ledger: Ledger;
  readonly #out: Out;

  constructor(settings: RoundSettings, peers: Peers, ledger: Ledger, out: Out) {
    this.#settings = settings;
    this.#peers = peers;
    this.#ledger = ledger;
    this.#out = out;
  }

  get #padding(): { pad?: string } {
    const { BROADCAST_KB } = this.#settings;
    return BROADCAST_KB > 0 ? { pad: 'x'.repeat(BROADCAST_KB * 1024) } : {};
  }

  /** Opens the next round and keeps the cycle going until `stop`. */
  start(): void {
    const round = ++this.#last;
    const closesInMs = this.#settings.ROUND_MS;
    this.current = round;
    this.#closesAt = performance.now() + closesInMs;
    this.#late = 0;
    this.#ledger.openRound(round);
    // One frame for all, however long: whoever does not read it costs a reference, not a copy.
    const opens = textFrame({ type: 'betting-open', round, closesInMs, ...this.#padding });
    this.#audience = this.#peers.broadcast(opens);
    this.#timer = setTimeout(() => {
      this.#close(round);
      this.#timer = setTimeout(() => this.start(), this.#settings.PAUSE_MS);
    }, closesInMs);
  }

  /** Ends the cycle, and the round that is open; says nothing to the users. */
  stop(): void {
    clearTimeout(this.#timer);
    if (this.current !== undefined) this.#settle(this.current);
  }

  /** Tells a user who came in the middle of a round how much of it is left: a message of its own, so never padded. */
  welcome(peer: Peer): void {
    if (this.current === undefined) return;
    const closesInMs = Math.max(0, Math.round(this.#closesAt - performance.now()));
    this.#late++;
    this.#peers.send(peer, textFrame({ type: 'betting-open', round: this.current, closesInMs }));
  }

  #close(round: number): void {
    this.#settle(round);
    const closed = textFrame({ type: 'betting-closed', round });
    const result = textFrame({ type: 'result', round, winner: winnerOf(round) });
    // Two messages in one write: the system call is what a broadcast costs.
    this.#peers.broadcast(Buffer.concat([closed, result]));
  }

  #settle(round: number): void {
    this.current = undefined;
    const { bets, amount } = this.#ledger.closeRound();
    this.#out.write({
      event: 'round',
      at: Date.now(),
      round,
      audience: this.#audience,
      late: this.#late,
      bets,
      amount,
    });
  }
}

// From the round alone, so that two runs of a seed see the same results.
function winnerOf(round: number): number {
  return 1 + ((round * 7919) % 6);
}
