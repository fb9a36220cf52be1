import type { EffectiveSettings, VerdictDocument } from '../run/verdict-document.ts';
import type { Settings } from '../settings/schema.ts';
import type { PlannedCell } from './cells.ts';
import { causesOf, checkExpectations } from './expect.ts';
import type { SweepCell } from './sweep-document.ts';
import { valueText } from './value.ts';

/** A cell that ran. */
export function ranCell(cell: PlannedCell, verdict: VerdictDocument, wallMs: number): SweepCell {
  return {
    id: cell.id,
    varies: cell.varies,
    settings: verdict.settings,
    users: verdict.users,
    runtime: cell.runtime,
    verdict,
    causes: causesOf(verdict),
    error: verdict.complete ? null : 'incomplete: the load did not end in its time',
    expected: checkExpectations(cell.expect, verdict),
    wallMs,
  };
}

/** A cell that could not run, and why. */
export function failedCell(cell: PlannedCell, error: string, wallMs: number): SweepCell {
  const { id, varies, runtime, settings } = cell;
  return {
    id,
    varies,
    settings: asAsked(settings.values),
    users: { asked: settings.values.users, open: 0, failed: 0, by: [] },
    runtime,
    verdict: null,
    causes: [],
    error: error.replace(/\s+/g, ' ').trim(),
    expected: null,
    wallMs,
  };
}

function asAsked(values: Settings): EffectiveSettings {
  const asked: EffectiveSettings = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) asked[name] = Array.isArray(value) ? valueText(value) : value;
  }
  return asked;
}

export type Standing = 'met' | 'unmet' | 'error';

/** How a cell stands: without an expectation it is met when every failure has a cause. */
export function standing({ error, expected, causes }: SweepCell): Standing {
  if (error !== null) return 'error';
  return (expected?.met ?? !causes.includes('unknown')) ? 'met' : 'unmet';
}

/** 0: as expected; 1: a cell showed otherwise; 3: nothing did, but one could not run. */
export function exitCodeOf(cells: readonly SweepCell[]): 0 | 1 | 3 {
  const standings = cells.map(standing);
  if (standings.includes('unmet')) return 1;
  return standings.includes('error') ? 3 : 0;
}
