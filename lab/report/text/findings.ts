import type { Next } from '../../../common/next.ts';
import type { Answer, Failures } from './found.ts';
import type { RuledOut } from './ruled-out.ts';
import type { ToldVerdict } from './told-verdict.ts';
import type { Why } from './why.ts';

/** A label and its texts, each a line of its own. */
export type NumberRow = readonly [label: string, ...texts: string[]];

/**
 * What a report says, in the order in which it says it, and in no form yet: the terminal, Markdown and the page each set the same.
 * Of a stranger's server all of it is in words for that server already.
 */
export interface Findings {
  /** What came of it, in one line. */
  headline: string;
  answers: readonly Answer[];
  numbers: readonly NumberRow[];
  why: readonly Why[];
  ruledOut: RuledOut;
  /** Causes for which there was not enough data. */
  undecided: readonly string[];
  /** What could not be seen, one sentence each. */
  unseen: readonly string[];
  /** Why it is not the whole; undefined: it is. */
  incomplete: string | undefined;
  /** The parts that were lost, one sentence each, which say the same; absent: none was. */
  lost?: readonly string[];
  next: Next | undefined;
  /** Every verdict with all its evidence, found first and ruled out last. */
  verdicts: readonly ToldVerdict[];
  failures: Failures;
}
