import { CannotRunError } from '../../common/errors.ts';
import { type Choice, LEDGER } from '../bench/drivers.ts';
import type { Goal } from '../bench/goals.ts';
import { ledgerChoice, runLedgerTrials, whyNoLedger } from '../bench/ledger/ledger-bench.ts';
import { type LedgerRow, ledgerGoals, ledgerNotes, ledgerRows } from '../bench/ledger/ledger-rows.ts';
import { ledgerTable } from '../bench/ledger/ledger-table.ts';
import type { Runtime } from '../runtimes/runtime.ts';

/** Whether the ledger is measured, and why not. Throws CannotRunError where it was requested and cannot be. */
export function ledgerOf({ ledger }: Choice, runtime: Runtime): { runs: boolean; notes: string[] } {
  if (ledger === 'no') return { runs: false, notes: [] };
  const why = whyNoLedger(runtime);
  if (why === undefined) return { runs: true, notes: ledgerChoice().notes };
  if (ledger === 'asked') throw new CannotRunError(`--drivers ${LEDGER}: ${why}`);
  return { runs: false, notes: [`ledger left out: ${why}`] };
}

/** What the ledger costs: rows, goals, notes and their table. */
export interface LedgerMeasured {
  rows: LedgerRow[];
  goals: Goal[];
  notes: string[];
  table: string;
  failed: boolean;
}

/** Measures it, with a line on stderr before each trial. */
export async function measureLedger(
  runtime: Runtime,
  repeat: number,
  signal: AbortSignal,
  say: (what: string) => void,
): Promise<LedgerMeasured> {
  const trials = await runLedgerTrials({
    runtime,
    repeat,
    signal,
    onTrial: (number, total, what) => say(`ledger, ${number} of ${total}: ${what}`),
  });
  const rows = ledgerRows(trials);
  return {
    rows,
    goals: ledgerGoals(rows),
    notes: ledgerNotes(rows),
    table: rows.length > 0 ? ledgerTable(rows) : '',
    failed: trials.some(({ failed }) => failed > 0),
  };
}
