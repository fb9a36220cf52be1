import type { EffectiveSettings, UsersDocument, VerdictDocument } from '../run/verdict-document.ts';

/** One combination of the matrix. */
export interface SweepCell {
  /** Stable: the same combination has the same id in every run of the file. */
  id: string;
  /** What makes this cell differ from the others, by name: `nofile`, `users`, `runtime`, … */
  varies: Record<string, string | number>;
  /** In force, read back; as asked when the cell did not run. */
  settings: EffectiveSettings;
  users: UsersDocument;
  runtime: string;
  /** verdict.json of the cell; null when it could not run (see `error`). */
  verdict: VerdictDocument | null;
  /** Ids of the confirmed causes, `unknown` included. */
  causes: string[];
  /** Why it could not run, one line. */
  error: string | null;
  /** What the file expected of this cell, and whether it came true; null: it expected nothing. */
  expected: { says: string; met: boolean } | null;
  wallMs: number;
}

/** What `sweep --json` prints, and sweep.json. */
export interface SweepDocument {
  schema: 1;
  name: string;
  /** What the file says of itself. */
  about?: string;
  /** The file, as it was given. */
  file?: string;
  /** ISO 8601, UTC. */
  startedAt?: string;
  /** Cells that there are to run; more than `cells` when interrupted. */
  total?: number;
  /** False when interrupted: the cells so far. */
  complete: boolean;
  host: { os: string; kernel: string; node: string };
  cells: SweepCell[];
  /** Folder with everything measured. */
  path: string | null;
}
