/**
 * What Node is to be told when it runs a fleet. Its users come in one burst and stay. A young generation that grows step by step copies
 * them at each step: with 16 MB from the start that takes less CPU, and less memory as well. And a life is too short for what V8's
 * last compiler takes to pay.
 */
export const FLEET_OPTIONS: readonly string[] = [
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
  '--max-opt=2',
];
