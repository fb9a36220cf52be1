import type { Bet } from '../protocol/betting.ts';
import { LONGEST_TIMER_MS } from '../protocol/settings.ts';
import { Deadlines } from './deadlines.ts';
import { Play, type PlaySettings } from './play.ts';
import { racingWrites } from './racing.ts';
import type { Robot } from './robot.ts';
import type { Settings } from './robots-settings.ts';

type RoundsSettings = PlaySettings & Pick<Settings, 'READ_PAUSE_MS' | 'BET_BYTES'>;

/** The betting of all robots of a process. */
export function playOf(settings: RoundsSettings): Play<Robot> {
  const { BETTING, BET_BYTES, READ_PAUSE_MS, SEED: seed } = settings;
  const due = new Deadlines<Robot>((robot) => play.place(robot));
  let stalled: NodeJS.Timeout | undefined;
  const play = new Play<Robot>(settings, {
    now: () => performance.now(),
    isOpen: (robot) => robot.state === 'open',
    later: (ms, robot) => due.add(performance.now() + ms, robot),
    send(robot, bet) {
      robot.placed++;
      const bare = betText(bet);
      const text = bare.length >= BET_BYTES ? bare : paddedJson(bet, BET_BYTES);
      if (BETTING === 'racing')
        robot.sayInParts(racingWrites(text, { seed, user: robot.id, round: bet.round }));
      else robot.say(text);
    },
    stopAfter(ms) {
      clearTimeout(stalled);
      // Who does not read hears of no round until that is over.
      stalled = setTimeout(() => play.stop(), Math.min(ms + READ_PAUSE_MS, LONGEST_TIMER_MS));
    },
    stopped() {
      clearTimeout(stalled);
      due.clear();
    },
    answered(robot, acked) {
      if (acked) robot.acked++;
      else robot.rejected++;
    },
  });
  return play;
}

/** A bet as JSON.stringify has it, in a fifth of its time: an id of ours has nothing to escape (Play.place). */
export function betText({ type, id, round, amount }: Bet): string {
  return `{"type":"${type}","id":"${id}","round":${round},"amount":${amount}}`;
}

/**
 * The JSON of an object, padded to at least so many bytes by a field `pad` that means nothing. It is what it was where it is
 * long enough already.
 */
export function paddedJson(value: object, bytes: number): string {
  const bare = JSON.stringify(value);
  if (Buffer.byteLength(bare) >= bytes) return bare;
  const empty = JSON.stringify({ ...value, pad: '' });
  const pad = 'x'.repeat(Math.max(0, bytes - Buffer.byteLength(empty)));
  return JSON.stringify({ ...value, pad });
}
