/** One test that was not run, and why. */
export interface Skipped {
  title: string;
  why: string;
}

/** What a run of tests gave. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: Skipped[];
  /** Tests that failed beside others and passed alone; they count as passed. */
  unsteady: string[];
}

/** What the tests of one spec file gave, and which of them failed. */
export interface FileTally extends Tally {
  file: string;
  failures: string[];
}

/** The tally of something that is one test by itself: the type check, the linter. */
export function single(ok: boolean): Tally {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], unsteady: [] };
}

/** The sum over all steps. */
export function sum(tallies: Tally[]): Tally {
  return {
    passed: tallies.reduce((total, one) => total + one.passed, 0),
    failed: tallies.reduce((total, one) => total + one.failed, 0),
    skipped: tallies.flatMap((one) => one.skipped),
    unsteady: tallies.flatMap((one) => one.unsteady),
  };
}

/** `12 passed, 0 failed`, and `, 3 skipped` when there are any: the last line of `npm test`. */
export function summary(total: Tally): string {
  const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
  return `${total.passed} passed, ${total.failed} failed${skipped}`;
}
