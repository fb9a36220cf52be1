/**
 * A random number that depends on nothing but its arguments, so that a robot needs no generator of its own in memory
 * and two fleets with the same seed do the same whatever the timing.
 * @param seed of the run
 * @param user the robot's id
 * @param index which of the robot's draws
 * @returns a whole number, 0 ≤ n < 2^32
 */
export function draw32(seed: number, user: number, index: number): number {
  return mix(mix(mix(seed) ^ user) ^ index);
}

/** As draw32, as a fraction 0 ≤ x < 1. */
export function draw(seed: number, user: number, index: number): number {
  return draw32(seed, user, index) / 2 ** 32;
}

// The finaliser of MurmurHash3 (public domain, Austin Appleby) after a Weyl step, which keeps 0 from mapping to 0.
function mix(value: number): number {
  let x = (value + 0x9e3779b9) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}
