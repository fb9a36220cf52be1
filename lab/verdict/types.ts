/** One thing measured that speaks for or against a cause. */
export interface EvidenceItem {
  /** Where it was read, e.g. `/proc/PID/net/netstat`. */
  source: string;
  name: string;
  before: number | string | null;
  after: number | string | null;
  limit?: number;
  says: string;
}

export type VerdictWord = 'confirmed' | 'contributing' | 'refuted' | 'insufficient-data' | 'unknown';

/** What the evidence says of one cause. */
export interface Verdict {
  cause: string;
  verdict: VerdictWord;
  /** Failed users that this cause explains. */
  explains: number;
  for: EvidenceItem[];
  against: EvidenceItem[];
}
