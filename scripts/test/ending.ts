import { summary, type Tally } from './tally.ts';

/** More tests than this that pass only alone are no accident of a busy machine: they count as failed. */
const MOST_UNSTEADY = 3;

/** How a run of `npm test` ends. */
export interface Ending {
  /** What did not simply pass, each with its reason: one line each. */
  reasons: string[];
  /** The last three lines: `4 measured again`, `2 unsteady: one title; another`, and the tally, which CI reads. */
  last: [string, string, string];
  /** The exit code. */
  code: 0 | 1;
}

/** The end of a run with this tally. A few unsteady tests count as passed; with more than three of them each counts as failed. */
export function ending({ passed, failed, skipped, unsteady, again }: Tally): Ending {
  const told = unsteady.map(({ title, why }) => ({
    title,
    why: `failed beside others, passed alone: ${why}`,
  }));
  const few = told.length <= MOST_UNSTEADY;
  const counted = few
    ? { passed, failed }
    : // A hook that failed is no test that passed: there may be less to take off.
      { passed: Math.max(0, passed - told.length), failed: [...failed, ...told] };
  const names = unsteady.map(({ title }) => title).join('; ');
  const line = (word: string) => (one: (typeof told)[number]) => `${word}: ${one.title} (${one.why})`;
  return {
    reasons: [
      ...again.map(line('measured again')),
      ...skipped.map(line('skipped')),
      ...(few ? told.map(line('unsteady')) : []),
      ...counted.failed.map(line('failed')),
    ],
    last: [
      `${again.length} measured again`,
      `${unsteady.length} unsteady${names && `: ${names}`}`,
      summary({ ...counted, skipped }),
    ],
    code: counted.failed.length > 0 ? 1 : 0,
  };
}
