/** Says that the test at work measured again, and why each time: here, and at the end of `npm test`, where they are counted. */
export function measuredAgain(context: Mocha.Context, why: readonly string[]): void {
  for (const one of why) console.log(`      measured again: ${one}`);
  Object.assign(context.runnable(), { again: why });
}
