import { clearTimeout, setTimeout } from 'k6/timers';
import type { Bet, GatewayMessage } from '../../gateway/protocol.ts';
import { amountOf, pauseBeforeBet } from '../betting.ts';
import { draw } from '../rng.ts';
import * as metrics from './metrics.ts';
import type { K6Settings } from './settings.ts';
import type { User } from './user.ts';

/** The betting of a VU's users, from the messages they hear; the same bets as the robots' with the same seed. */
export class Rounds {
  placed = 0;
  acked = 0;
  readonly #settings: K6Settings;
  #playing = false;
  /** The newest round seen before the users might bet: what is left of it is not a full round. */
  #lastRound = 0;
  #newestPlayed = 0;
  #closesAt = 0;
  #toPlay = 0;
  #over = () => {};
  #stalled: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: K6Settings) {
    this.#settings = settings;
  }

  /** Lets these users take part in their next full rounds; resolves when all that are still open have, or none comes. */
  play(users: readonly User[]): Promise<void> {
    return new Promise((resolve) => {
      this.#toPlay = users.filter((user) => user.isOpen).length;
      this.#over = resolve;
      this.#playing = true;
      this.#waitForRound();
      this.#checkOver();
    });
  }

  /** To be called when a user is no longer open. */
  left(user: User): void {
    if (!this.#playing || user.played >= this.#settings.ROUNDS) return;
    this.#toPlay -= 1;
    this.#checkOver();
  }

  heard(user: User, text: string): void {
    const message = parse(text);
    if (message === undefined) return;
    switch (message.type) {
      case 'betting-open':
        this.#opens(user, message.round, message.closesInMs);
        break;
      case 'bet-ack':
      case 'bet-reject':
        this.#answered(user, message.type === 'bet-ack', message.id);
        break;
      case 'betting-closed':
        if (user.round === message.round && user.bet === 'due') user.bet = 'over';
        break;
      case 'result':
        if (user.round !== message.round) break;
        user.hadResult = true;
        this.#checkPlayed(user);
        break;
    }
  }

  #opens(user: User, round: number, closesInMs: number): void {
    if (round > this.#lastRound) this.#closesAt = Date.now() + closesInMs;
    if (!this.#playing) {
      this.#lastRound = Math.max(this.#lastRound, round);
      return;
    }
    const { SEED, BETTING, ROUNDS } = this.#settings;
    if (round <= this.#lastRound || user.round !== 0 || user.played >= ROUNDS) return;
    if (round > this.#newestPlayed) {
      this.#newestPlayed = round;
      this.#waitForRound();
    }
    user.round = round;
    user.bet = 'due';
    user.hadResult = false;
    const pause = pauseBeforeBet(BETTING, draw(SEED, user.id, 2 * round), closesInMs);
    if (pause === 0) this.#place(user);
    else setTimeout(() => this.#place(user), pause);
  }

  #place(user: User): void {
    if (!this.#playing || !user.isOpen || user.bet !== 'due') return;
    const { round } = user;
    const amount = amountOf(draw(this.#settings.SEED, user.id, 2 * round + 1));
    const bet: Bet = { type: 'bet', id: this.#betId(user), round, amount };
    user.bet = 'placed';
    user.betAt = Date.now();
    user.bets.placed += 1;
    this.placed += 1;
    metrics.placed.add(1);
    user.say(JSON.stringify(bet));
  }

  #answered(user: User, isAck: boolean, id: string | null): void {
    if (user.bet !== 'placed' || id !== this.#betId(user)) return;
    user.bet = 'over';
    if (isAck) {
      const took = Date.now() - user.betAt;
      user.bets.acked += 1;
      this.acked += 1;
      user.slowestAckMs = Math.max(user.slowestAckMs, took);
      metrics.acked.add(1);
      metrics.toAck.add(took);
    } else {
      user.bets.rejected += 1;
      metrics.rejected.add(1);
    }
    this.#checkPlayed(user);
  }

  #betId(user: User): string {
    return `s${this.#settings.SEED}-u${user.id}-r${user.round}`;
  }

  #checkPlayed(user: User): void {
    if (user.bet !== 'over' || !user.hadResult) return;
    user.round = 0;
    user.bet = 'none';
    user.played += 1;
    if (user.played < this.#settings.ROUNDS) return;
    this.#toPlay -= 1;
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#toPlay <= 0) this.#stop();
  }

  #stop(): void {
    this.#playing = false;
    if (this.#stalled !== undefined) clearTimeout(this.#stalled);
    this.#over();
  }

  #waitForRound(): void {
    if (this.#stalled !== undefined) clearTimeout(this.#stalled);
    const left = Math.max(0, this.#closesAt - Date.now());
    this.#stalled = setTimeout(() => this.#stop(), left + this.#settings.ROUND_WAIT_MS);
  }
}

function parse(text: string): GatewayMessage | undefined {
  try {
    return JSON.parse(text) as GatewayMessage;
  } catch {
    return undefined;
  }
}
