import { clearTimeout, setTimeout } from 'k6/timers';
import type { GatewayMessage } from '../../protocol/betting.ts';
import { Play } from '../play.ts';
import type { K6Settings } from './k6-settings.ts';
import * as metrics from './metrics.ts';
import type { User } from './user.ts';

/** The betting of a VU's users, from the messages they hear; the same bets as the robots' with the same seed. */
export class Rounds {
  readonly #play: Play<User>;
  #stalled: ReturnType<typeof setTimeout> | undefined;

  constructor(settings: K6Settings) {
    this.#play = new Play(settings, {
      now: () => Date.now(),
      isOpen: (user) => user.isOpen,
      later: (ms, user) => {
        setTimeout(() => this.#play.place(user), ms);
      },
      send: (user, bet) => {
        user.bets.placed += 1;
        metrics.placed.add(1);
        user.say(JSON.stringify(bet));
      },
      stopAfter: (ms) => {
        this.#forget();
        this.#stalled = setTimeout(() => this.#play.stop(), ms);
      },
      stopped: () => this.#forget(),
      answered: (user, acked, tookMs) => {
        if (acked) {
          user.bets.acked += 1;
          metrics.acked.add(1);
          metrics.toAck.add(tookMs);
        } else {
          user.bets.rejected += 1;
          metrics.rejected.add(1);
        }
      },
    });
  }

  get bets(): Play<User>['bets'] {
    return this.#play.bets;
  }

  /** Lets these users take part in their next full rounds; see Play. */
  play(users: readonly User[]): Promise<void> {
    return this.#play.begin(users.filter((user) => user.isOpen).length);
  }

  /** To be called when a user is no longer open. */
  left(user: User): void {
    this.#play.left(user);
  }

  heard(user: User, text: string): void {
    this.#play.heard(user, parse(text));
  }

  /** A timer left behind would keep the iteration from its end. */
  #forget(): void {
    if (this.#stalled !== undefined) clearTimeout(this.#stalled);
    this.#stalled = undefined;
  }
}

function parse(text: string): GatewayMessage | undefined {
  try {
    return JSON.parse(text) as GatewayMessage;
  } catch {
    return undefined;
  }
}
