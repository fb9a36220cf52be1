import { maskedFragment } from './frames.ts';
import { draw, draw32 } from './rng.ts';

/** The part of the bets in which the two writers meet: without a lock most do, not all. */
const MEETS = 0.9;
const RACE_DRAWS = 0x72616365;

/** Which draws of which robot: the same ones give the same bytes. */
export interface RaceDraws {
  seed: number;
  user: number;
  round: number;
}

/**
 * The writes of two writers that send the same text at the same time on one connection, without a lock: each sends it in
 * two fragments (RFC 6455, 5.4), each fragment as its header and its payload, and the writes of the two alternate. So the
 * gateway takes payload for a header, which breaks the framing in a way that depends on the mask. A seeded tenth do not
 * meet: their frames go out one after the other, and are as good as any.
 */
export function racingWrites(text: string, { seed, user, round }: RaceDraws): Buffer[] {
  const index = (RACE_DRAWS + round * 8) | 0;
  const payload = Buffer.from(text);
  const [one, other] = [0, 1].map((writer) => {
    const mask = (half: number) => draw32(seed, user, index + 2 * writer + half);
    const middle = payload.length >> 1;
    return [
      ...maskedFragment(payload.subarray(0, middle), mask(0), 'first'),
      ...maskedFragment(payload.subarray(middle), mask(1), 'last'),
    ];
  }) as [Buffer[], Buffer[]];
  if (draw(seed, user, index + 4) >= MEETS) return [...one, ...other];
  return one.flatMap((part, i) => [part, other[i] as Buffer]);
}
