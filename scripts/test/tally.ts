/** One test that failed, or was not run, and why: one line. */
export interface Told {
  title: string;
  why: string;
}

/** What a run of tests gave. */
export interface Tally {
  passed: number;
  failed: Told[];
  skipped: Told[];
  /** Tests that failed beside others and passed alone; few of them count as passed, see `ending`. */
  unsteady: Told[];
  /** For each time that a test measured again, since a busy machine had made something else of its case. */
  again: Told[];
}

/** What the tests of one spec file gave. */
export interface FileTally extends Tally {
  file: string;
}

/** The tally of nothing, of which `told` is known. */
export function tally(told: Partial<Tally> = {}): Tally {
  return { passed: 0, failed: [], skipped: [], unsteady: [], again: [], ...told };
}

/** The tally of something that is one test by itself, and failed: the type check, the linter. */
export function failure(title: string, why: string): Tally {
  return tally({ failed: [{ title, why }] });
}

/** The sum over all steps. */
export function sum(tallies: Tally[]): Tally {
  return {
    passed: tallies.reduce((total, one) => total + one.passed, 0),
    failed: tallies.flatMap((one) => one.failed),
    skipped: tallies.flatMap((one) => one.skipped),
    unsteady: tallies.flatMap((one) => one.unsteady),
    again: tallies.flatMap((one) => one.again),
  };
}

/** `12 passed, 0 failed`, and `, 3 skipped` when there are any: the last line of `npm test`. */
export function summary(total: Pick<Tally, 'passed' | 'failed' | 'skipped'>): string {
  const skipped = total.skipped.length > 0 ? `, ${total.skipped.length} skipped` : '';
  return `${total.passed} passed, ${total.failed.length} failed${skipped}`;
}
