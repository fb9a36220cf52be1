import { markdownTable } from '../../../common/table.ts';
import { LEDGER_WORDS, loadWords } from './ledger-case.ts';
import type { LedgerRow, Spread } from './ledger-rows.ts';

const HEADS = [
  'load',
  'ledger',
  'observer %',
  'ss %',
  'tracer %',
  'lab %',
  'kernel %',
  'load %',
  'sum %',
  'machine %',
  'µs each',
  'ended',
  'told',
  'lost',
];

/** The ledger's rows as a table; a valid Markdown table too. */
export function ledgerTable(rows: readonly LedgerRow[]): string {
  const body = rows.map(({ cost, ...row }) => [
    loadWords({ load: row.load, connections: row.users }),
    LEDGER_WORDS[row.ledger],
    ...[cost.observer, cost.ss, cost.tracer, cost.lab, cost.kernel, cost.load].map((part) => part.toFixed(2)),
    spread(cost.sum),
    spread(cost.machine),
    row.cpuMicrosPerUser === null ? '-' : `${row.cpuMicrosPerUser}`,
    ...(row.ledger === 'off' || row.load === 'idle'
      ? ['-', '-', '-']
      : [
          `${row.connections}`,
          `${row.told}`,
          row.tracedLost > 0 ? `${row.lost} + ${row.tracedLost}` : `${row.lost}`,
        ]),
  ]);
  return markdownTable(HEADS, body, ['left', 'left', 'right']);
}

function spread({ median, least, most }: Spread): string {
  return `${median.toFixed(1)} (${least.toFixed(1)} to ${most.toFixed(1)})`;
}
