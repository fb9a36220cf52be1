import { defined } from '../../../common/defined.ts';
import type { ConnectionLine, Witness, WitnessLine } from '../../../protocol/connection-events.ts';
import { type ConnectionRow, jsonOf, lineOf, rowOf } from '../../../protocol/connection-rows.ts';
import type { WrittenConnection } from '../lab-lines.ts';
import type { Lines } from '../packed-lines.ts';
import { KeptRows } from './kept-rows.ts';

/** What is known of each connection of the server, and what the witnesses missed. Only through the functions here. */
export interface Ledger {
  connections: Lines<ConnectionLine>;
  witnesses: Partial<Record<Witness, WitnessLine>>;
  /** Called with each line as it is filed; absent: nobody keeps them. */
  keep?: KeepLedger;
}

type KeepLedger = (line: WrittenConnection | WitnessLine) => void;

/** Nothing was told yet. */
export function newLedger(keep?: KeepLedger): Ledger {
  return { connections: [], witnesses: {}, ...defined({ keep }) };
}

/** Files what a witness said. */
export function fileLedgerLine(ledger: Ledger, line: ConnectionLine | WitnessLine): void {
  if (line.event === 'witness') {
    ledger.keep?.(line);
    ledger.witnesses[line.by] = line;
  } else {
    ledger.keep?.({ event: 'connection', json: JSON.stringify(line) });
    ledger.connections.push(line);
  }
}

/** Files a connection. `columns`: its row, split, where that is at hand. */
export function fileRow({ keep, connections }: Ledger, row: ConnectionRow, columns?: string[]): void {
  keep?.({ event: 'connection', json: jsonOf(row, columns) });
  if (connections instanceof KeptRows) connections.pushRow(row);
  else connections.push(lineOf(row));
}

/** One for each connection, in the order of their ends. */
export function* connectionsOf(ledger: Ledger): Generator<ConnectionLine> {
  yield* ledger.connections;
}

/** The same as rows, which take a tenth of the memory. */
export function* rowsOf({ connections }: Ledger): Generator<ConnectionRow> {
  if (connections instanceof KeptRows) yield* connections.rows();
  else for (const line of connections) yield rowOf(line);
}

/** Did this witness tell? */
export function didTell({ witnesses }: Ledger, witness: Witness): boolean {
  const said = witnesses[witness];
  return said !== undefined && said.missing === undefined;
}

/** What each witness said last of its own work. */
export function witnessesOf({ witnesses }: Ledger): WitnessLine[] {
  return Object.values(witnesses);
}

/** Events or connections lost to a witness. */
export function lostTo({ witnesses }: Ledger, witness: Witness): number {
  return witnesses[witness]?.lost ?? 0;
}
