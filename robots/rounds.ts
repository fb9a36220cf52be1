import { LONGEST_TIMER_MS } from '../protocol/settings.ts';
import { Deadlines } from './deadlines.ts';
import { parserWithMemory } from './messages.ts';
import { paddedJson } from './padding.ts';
import { Play, type PlaySettings } from './play.ts';
import { racingWrites } from './racing.ts';
import type { Robot } from './robot.ts';
import type { Settings } from './robots-settings.ts';

type RoundsSettings = PlaySettings & Pick<Settings, 'READ_PAUSE_MS' | 'BET_BYTES'>;

/** The betting of all robots of a process, from the messages they hear. */
export class Rounds {
  readonly #play: Play<Robot>;
  readonly #due = new Deadlines<Robot>((robot) => this.#play.place(robot));
  readonly #parse = parserWithMemory();
  #stalled: NodeJS.Timeout | undefined;

  constructor(settings: RoundsSettings) {
    const { BETTING, BET_BYTES, READ_PAUSE_MS, SEED: seed } = settings;
    this.#play = new Play(settings, {
      now: () => performance.now(),
      isOpen: (robot) => robot.state === 'open',
      later: (ms, robot) => this.#due.add(performance.now() + ms, robot),
      send: (robot, bet) => {
        robot.placed++;
        const text = paddedJson(bet, BET_BYTES);
        if (BETTING === 'racing')
          robot.sayInParts(racingWrites(text, { seed, user: robot.id, round: bet.round }));
        else robot.say(text);
      },
      stopAfter: (ms) => {
        clearTimeout(this.#stalled);
        // Who does not read hears of no round until that is over.
        this.#stalled = setTimeout(() => this.stop(), Math.min(ms + READ_PAUSE_MS, LONGEST_TIMER_MS));
      },
      stopped: () => {
        clearTimeout(this.#stalled);
        this.#due.clear();
      },
      answered: (robot, acked) => {
        if (acked) robot.acked++;
        else robot.rejected++;
      },
    });
  }

  get bets(): Play<Robot>['bets'] {
    return this.#play.bets;
  }

  /** Lets these robots take part in their next full rounds; see Play. Those that come back still count. */
  play(robots: readonly Robot[]): Promise<void> {
    return this.#play.begin(robots.filter(({ state, returning }) => state === 'open' || returning).length);
  }

  /** Lets no more bets be placed. */
  stop(): void {
    this.#play.stop();
  }

  /** To be called when a robot is no longer open, and not coming back. */
  left(robot: Robot): void {
    this.#play.left(robot);
  }

  heard(robot: Robot, payload: Buffer): void {
    this.#play.heard(robot, this.#parse(payload));
  }
}
