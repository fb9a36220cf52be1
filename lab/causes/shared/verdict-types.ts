/** One thing measured that speaks for or against a cause. */
export interface EvidenceItem {
  /** Where it was read, e.g. `/proc/PID/net/netstat`. */
  source: string;
  name: string;
  before: number | string | null;
  after: number | string | null;
  limit?: number;
  says: string;
  /** What would have been measured if it were not so. */
  otherwise?: string;
}

export type VerdictWord = 'confirmed' | 'contributing' | 'refuted' | 'insufficient-data' | 'unknown';

/** What the evidence says of one cause, by such items. */
export interface Verdict<Item = EvidenceItem> {
  cause: string;
  /** The wider cause of which it is a form. */
  under?: string;
  verdict: VerdictWord;
  /** Failed users that this cause explains, without those of its forms. Adds up to all failed users. */
  explains: number;
  /** The same as a part of all failed users, 0 to 1; 0 when nobody failed. */
  share: number;
  for: Item[];
  against: Item[];
}
