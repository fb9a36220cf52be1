import { defined } from '../../common/defined.ts';
import { checkExpectations } from '../expect/check.ts';
import type { ExpectationDocument } from '../expect/expectation.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import { allLostInWords } from '../run/lost-parts.ts';
import { causesFound, measuredOfRun } from '../run/run-measured.ts';
import type { UsersDocument } from '../run/users-document.ts';
import type { VerdictDocument } from '../run/verdict-document.ts';
import type { PlannedCell } from './cells.ts';

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
  host: VerdictDocument['host'];
  cells: SweepCell[];
  /** Conditions that were given for all cells, and how they came out; absent: none were. */
  expectations?: ExpectationDocument[];
  /** Folder with everything measured. */
  path: string | null;
}

/** A cell that ran. */
export function ranCell(cell: PlannedCell, verdict: VerdictDocument, wallMs: number): SweepCell {
  return {
    id: cell.id,
    varies: cell.varies,
    settings: verdict.settings,
    users: verdict.users,
    runtime: cell.runtime,
    verdict,
    causes: [...causesFound(verdict.verdicts).found],
    error: verdict.complete ? null : `incomplete: ${cutOf(verdict)}`,
    expected: checkExpectations(cell.expect, measuredOfRun(verdict)),
    wallMs,
  };
}

function cutOf({ lost }: VerdictDocument): string {
  return lost ? allLostInWords(lost) : 'the load did not end in its time';
}

/** A cell that could not run, and why. */
export function failedCell(cell: PlannedCell, error: string, wallMs: number): SweepCell {
  const { id, varies, runtime, settings } = cell;
  return {
    id,
    varies,
    settings: Object.fromEntries(
      Object.entries(defined(settings.values)).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join('-') : value,
      ]),
    ),
    users: { asked: settings.values.users, open: 0, failed: 0, by: [] },
    runtime,
    verdict: null,
    causes: [],
    error: error.replace(/\s+/g, ' ').trim(),
    expected: null,
    wallMs,
  };
}

/** How a cell stands: without an expectation it is met when every failure has a cause. */
export function standing({ error, expected, causes }: SweepCell): 'met' | 'unmet' | 'error' {
  if (error !== null) return 'error';
  return (expected?.met ?? !causes.includes('unknown')) ? 'met' : 'unmet';
}

/** 0: as expected; 1: a cell showed otherwise; 3: nothing did, but one could not run. */
export function exitCodeOf(cells: readonly SweepCell[]): 0 | 1 | 3 {
  const standings = cells.map(standing);
  if (standings.includes('unmet')) return 1;
  return standings.includes('error') ? 3 : 0;
}
