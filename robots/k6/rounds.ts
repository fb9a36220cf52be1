import { clearTimeout, setTimeout } from 'k6/timers';
import { Play } from '../play.ts';
import type { K6Settings } from './k6-settings.ts';
import * as metrics from './metrics.ts';
import type { User } from './user.ts';

/** The betting of a VU's users; the same bets as the robots' with the same seed. */
export function playOf(settings: K6Settings): Play<User> {
  let stalled: ReturnType<typeof setTimeout> | undefined;
  // A timer left behind would keep the iteration from its end.
  const forget = () => {
    if (stalled !== undefined) clearTimeout(stalled);
    stalled = undefined;
  };
  const play = new Play<User>(settings, {
    now: () => Date.now(),
    isOpen: (user) => user.isOpen,
    later(ms, user) {
      setTimeout(() => play.place(user), ms);
    },
    send(user, bet) {
      user.bets.placed += 1;
      metrics.placed.add(1);
      user.say(JSON.stringify(bet));
    },
    stopAfter(ms) {
      forget();
      stalled = setTimeout(() => play.stop(), ms);
    },
    stopped: forget,
    answered(user, acked, tookMs) {
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
  return play;
}
