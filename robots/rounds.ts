import type { Bet } from '../gateway/protocol.ts';
import { amountOf, pauseBeforeBet } from './betting.ts';
import { Deadlines } from './deadlines.ts';
import { parserWithMemory } from './messages.ts';
import { paddedJson } from './padding.ts';
import { racingWrites } from './racing.ts';
import { draw } from './rng.ts';
import type { Robot } from './robot.ts';
import type { Settings } from './settings.ts';

type RoundsSettings = Pick<
  Settings,
  'BETTING' | 'ROUNDS' | 'ROUND_WAIT_MS' | 'READ_PAUSE_MS' | 'SEED' | 'BET_BYTES'
>;

/** The betting of all robots of a process, from the messages they hear. */
export class Rounds {
  placed = 0;
  acked = 0;
  rejected = 0;
  readonly #settings: RoundsSettings;
  readonly #due = new Deadlines<Robot>((robot) => this.#place(robot));
  #playing = false;
  /** The newest round seen before the robots might bet: a latecomer's part of it is not a full round. */
  #lastRound = 0;
  #newestPlayed = 0;
  #closesAt = 0;
  #toPlay = 0;
  #over = () => {};
  #stalled: NodeJS.Timeout | undefined;
  readonly #parse = parserWithMemory();

  constructor(settings: RoundsSettings) {
    this.#settings = settings;
  }

  /**
   * Lets these robots take part in their next full rounds; resolves when each that is open, or to be so again, has had them, or when
   * no round has come to its end within ROUND_WAIT_MS of its due time.
   */
  play(robots: Iterable<Robot>): Promise<void> {
    return new Promise((resolve) => {
      for (const robot of robots) if (robot.state === 'open' || robot.returning) this.#toPlay++;
      this.#over = resolve;
      this.#playing = true;
      this.#waitForRound();
      this.#checkOver();
    });
  }

  /** Lets no more bets be placed. */
  stop(): void {
    this.#playing = false;
    clearTimeout(this.#stalled);
    this.#due.clear();
    this.#over();
  }

  /** To be called when a robot is no longer open, and not coming back. */
  left(robot: Robot): void {
    if (!this.#playing || robot.played >= this.#settings.ROUNDS) return;
    this.#toPlay--;
    this.#checkOver();
  }

  heard(robot: Robot, payload: Buffer): void {
    const message = this.#parse(payload);
    switch (message?.type) {
      case 'betting-open':
        this.#opens(robot, message.round, message.closesInMs);
        break;
      case 'bet-ack':
      case 'bet-reject':
        this.#answered(robot, message.type === 'bet-ack', message.id);
        break;
      case 'betting-closed':
        if (robot.round === message.round && robot.bet === 'due') robot.bet = 'over';
        break;
      case 'result':
        if (robot.round === message.round) {
          // A frame that two writers broke may leave the gateway waiting for the rest of it: no answer will come.
          if (robot.bet === 'placed' && this.#settings.BETTING === 'racing') robot.bet = 'over';
          robot.hadResult = true;
          this.#checkPlayed(robot);
        }
        break;
    }
  }

  #opens(robot: Robot, round: number, closesInMs: number): void {
    if (round > this.#lastRound) this.#closesAt = performance.now() + closesInMs;
    if (!this.#playing) {
      this.#lastRound = Math.max(this.#lastRound, round);
      return;
    }
    if (round <= this.#lastRound || robot.round !== 0 || robot.played >= this.#settings.ROUNDS) return;
    if (round > this.#newestPlayed) {
      this.#newestPlayed = round;
      this.#waitForRound();
    }
    robot.round = round;
    robot.bet = 'due';
    robot.hadResult = false;
    const { SEED, BETTING } = this.#settings;
    const pause = pauseBeforeBet(BETTING, draw(SEED, robot.id, 2 * round), closesInMs);
    if (pause === 0) this.#place(robot);
    else this.#due.add(performance.now() + pause, robot);
  }

  #place(robot: Robot): void {
    if (!this.#playing || robot.state !== 'open' || robot.bet !== 'due') return;
    const { round } = robot;
    const { SEED: seed, BETTING, BET_BYTES } = this.#settings;
    const amount = amountOf(draw(seed, robot.id, 2 * round + 1));
    const bet: Bet = { type: 'bet', id: this.#betId(robot), round, amount };
    robot.bet = 'placed';
    robot.betAt = performance.now();
    robot.placed++;
    this.placed++;
    const text = paddedJson(bet, BET_BYTES);
    if (BETTING === 'racing') robot.sayInParts(racingWrites(text, { seed, user: robot.id, round }));
    else robot.say(text);
  }

  #answered(robot: Robot, acked: boolean, id: string | null): void {
    if (robot.bet !== 'placed' || id !== this.#betId(robot)) return;
    robot.bet = 'over';
    if (acked) {
      robot.acked++;
      this.acked++;
      robot.slowestAckMs = Math.max(robot.slowestAckMs, performance.now() - robot.betAt);
    } else {
      robot.rejected++;
      this.rejected++;
    }
    this.#checkPlayed(robot);
  }

  #betId(robot: Robot): string {
    return `s${this.#settings.SEED}-u${robot.id}-r${robot.round}`;
  }

  #checkPlayed(robot: Robot): void {
    if (robot.bet !== 'over' || !robot.hadResult) return;
    robot.round = 0;
    robot.bet = 'none';
    robot.played++;
    if (robot.played < this.#settings.ROUNDS) return;
    this.#toPlay--;
    this.#checkOver();
  }

  #checkOver(): void {
    if (this.#toPlay === 0) this.stop();
  }

  #waitForRound(): void {
    clearTimeout(this.#stalled);
    const left = Math.max(0, this.#closesAt - performance.now());
    const { ROUND_WAIT_MS, READ_PAUSE_MS } = this.#settings;
    // Who does not read hears of no round until that is over.
    const longest = Math.min(left + READ_PAUSE_MS + ROUND_WAIT_MS, 2 ** 31 - 1);
    this.#stalled = setTimeout(() => this.stop(), longest);
  }
}
