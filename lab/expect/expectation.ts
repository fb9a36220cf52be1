/** A number as it was measured; one that is known only from below, or why it was not measured. */
export type Reading = number | { atLeast: number } | { why: string };

/** The causes as they were found, or why that is not known. */
export type CauseReading =
  | {
      /** Ids of the confirmed causes, and `unknown` where a failure has no cause. */
      found: readonly string[];
      /** Ids of causes that contribute. */
      contributing: readonly string[];
      /** Why there may be others; absent: there are not. */
      unfinished?: string;
    }
  | { why: string };

/** What conditions are put to: a run, a diagnosis, a point of a threshold, a cell of a sweep. */
export interface Measured {
  /** Which of several it is: `nofile=64`; absent: there is but one. */
  where?: string;
  /** By the names that conditions have for them. */
  numbers: Readonly<Record<string, Reading>>;
  /** What `predicted` stands for; null: no law predicts it. */
  predicted: number | null;
  causes?: CauseReading;
}

/** How one condition came out. */
export interface Outcome {
  holds: boolean;
  /** The number, or the causes found; null: not measured. */
  measured: number | string | null;
  /** What came: `it is 19`. */
  is: string;
}

/** One thing that is expected. */
export interface Expectation {
  key: string;
  /** In one way of writing: `failed = 0`, `open <= predicted`, `cause fd-exhaustion`. */
  says: string;
  /** As it was given. */
  condition: string;
  check(measured: Measured): Outcome;
}

/** A condition in a document: how it came out. */
export interface ExpectationDocument {
  /** As it was given: `failed=0`. */
  condition: string;
  /** Did it come true? What was not measured did not. */
  holds: boolean;
  /** The number, or the causes found; null: not measured. Of several measurements the first that fails, else the first. */
  measured: number | string | null;
  /** What came, in one sentence. */
  says: string;
  /** Each of several measurements; absent: there was one. */
  each?: { where: string; holds: boolean; measured: number | string | null }[];
}
