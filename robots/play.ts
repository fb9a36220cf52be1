import type { Bet, GatewayMessage } from '../protocol/betting.ts';
import { amountOf, type Betting, pauseBeforeBet } from './betting-mode.ts';
import { draw } from './rng.ts';

/** Who bets: the betting part of a user's state. */
export interface Player {
  readonly id: number;
  /** The round it takes part in, 0: none. */
  round: number;
  bet: 'none' | 'due' | 'placed' | 'over';
  betAt: number;
  hadResult: boolean;
  /** Rounds it has had. */
  played: number;
  slowestAckMs: number;
}

export interface PlaySettings {
  BETTING: Betting;
  ROUNDS: number;
  SEED: number;
  /** How long (ms) a round may go on after its close was due before the players go on without it. */
  ROUND_WAIT_MS: number;
}

/** How a driver does what the rules ask for. */
export interface Means<P extends Player> {
  /** In ms, on any clock. */
  now(): number;
  isOpen(player: P): boolean;
  /** Calls `place` with the player once so many ms have passed. */
  later(ms: number, player: P): void;
  send(player: P, bet: Bet): void;
  /** Calls `stop` when so many ms have passed, unless asked again before. */
  stopAfter(ms: number): void;
  /** No bet will be placed any more: forget what `later` and `stopAfter` were given. */
  stopped(): void;
  /** The player's bet was answered, after so many ms. */
  answered(player: P, acked: boolean, tookMs: number): void;
}

/** The rules by which players bet, from the messages they hear. The same for every driver: so with one seed they place the same bets. */
export class Play<P extends Player> {
  /** How many bets were placed, and how they were answered. */
  readonly bets = { placed: 0, acked: 0, rejected: 0 };
  readonly #settings: PlaySettings;
  readonly #means: Means<P>;
  #playing = false;
  /** The newest round seen before the players might bet: a latecomer's part of it is not a full round. */
  #lastRound = 0;
  #newestPlayed = 0;
  #closesAt = 0;
  #toPlay = 0;
  #over = () => {};

  constructor(settings: PlaySettings, means: Means<P>) {
    this.#settings = settings;
    this.#means = means;
  }

  /**
   * Lets so many players take part in their next full rounds; resolves when each has had them, or when no round has come to
   * its end within ROUND_WAIT_MS of its due time.
   */
  begin(players: number): Promise<void> {
    return new Promise((resolve) => {
      this.#toPlay = players;
      this.#over = resolve;
      this.#playing = true;
      this.#waitForRound();
      this.#checkOver();
    });
  }

  /** Lets no more bets be placed. */
  stop(): void {
    this.#playing = false;
    this.#means.stopped();
    this.#over();
  }

  /** To be called when a player is no longer open, and not coming back. */
  left(player: P): void {
    if (!this.#playing || player.played >= this.#settings.ROUNDS) return;
    this.#toPlay -= 1;
    this.#checkOver();
  }

  heard(player: P, message: GatewayMessage | undefined): void {
    switch (message?.type) {
      case 'betting-open':
        this.#opens(player, message.round, message.closesInMs);
        break;
      case 'bet-ack':
      case 'bet-reject':
        this.#answered(player, message.type === 'bet-ack', message.id);
        break;
      case 'betting-closed':
        if (player.round === message.round && player.bet === 'due') player.bet = 'over';
        break;
      case 'result':
        if (player.round !== message.round) break;
        // A frame that two writers broke may leave the gateway waiting for the rest of it: no answer will come.
        if (player.bet === 'placed' && this.#settings.BETTING === 'racing') player.bet = 'over';
        player.hadResult = true;
        this.#checkPlayed(player);
        break;
    }
  }

  /** Places the player's bet, if it is still due. */
  place(player: P): void {
    if (!this.#playing || player.bet !== 'due' || !this.#means.isOpen(player)) return;
    const { round } = player;
    const amount = amountOf(draw(this.#settings.SEED, player.id, 2 * round + 1));
    player.bet = 'placed';
    player.betAt = this.#means.now();
    this.bets.placed += 1;
    this.#means.send(player, { type: 'bet', id: this.#betId(player), round, amount });
  }

  #opens(player: P, round: number, closesInMs: number): void {
    if (round > this.#lastRound) this.#closesAt = this.#means.now() + closesInMs;
    if (!this.#playing) {
      this.#lastRound = Math.max(this.#lastRound, round);
      return;
    }
    const { SEED, BETTING, ROUNDS } = this.#settings;
    if (round <= this.#lastRound || player.round !== 0 || player.played >= ROUNDS) return;
    if (round > this.#newestPlayed) {
      this.#newestPlayed = round;
      this.#waitForRound();
    }
    player.round = round;
    player.bet = 'due';
    player.hadResult = false;
    const pause = pauseBeforeBet(BETTING, draw(SEED, player.id, 2 * round), closesInMs);
    if (pause === 0) this.place(player);
    else this.#means.later(pause, player);
  }

  #answered(player: P, acked: boolean, id: string | null): void {
    if (player.bet !== 'placed' || id !== this.#betId(player)) return;
    player.bet = 'over';
    const took = this.#means.now() - player.betAt;
    if (acked) {
      this.bets.acked += 1;
      player.slowestAckMs = Math.max(player.slowestAckMs, took);
    } else this.bets.rejected += 1;
    this.#means.answered(player, acked, took);
    this.#checkPlayed(player);
  }

  #betId(player: P): string {
    return `s${this.#settings.SEED}-u${player.id}-r${player.round}`;
  }

  #checkPlayed(player: P): void {
    if (player.bet !== 'over' || !player.hadResult) return;
    player.round = 0;
    player.bet = 'none';
    player.played += 1;
    if (player.played < this.#settings.ROUNDS) return;
    this.#toPlay -= 1;
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#toPlay <= 0) this.stop();
  }

  #waitForRound(): void {
    const left = Math.max(0, this.#closesAt - this.#means.now());
    this.#means.stopAfter(left + this.#settings.ROUND_WAIT_MS);
  }
}
