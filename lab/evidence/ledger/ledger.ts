import type { ConnectionLine, Witness, WitnessLine } from '../../../protocol/connection-events.ts';

/** What is known of each connection of the server, and what the witnesses missed. Plain data: only through the functions here. */
export interface Ledger {
  connections: ConnectionLine[];
  witnesses: Partial<Record<Witness, WitnessLine>>;
}

/** Nothing was told yet. */
export function newLedger(): Ledger {
  return { connections: [], witnesses: {} };
}

/** Files what a witness said. */
export function fileLedgerLine(ledger: Ledger, line: ConnectionLine | WitnessLine): void {
  if (line.event === 'witness') ledger.witnesses[line.by] = line;
  else ledger.connections.push(line);
}

/** One for each connection, in the order of their ends. */
export function* connectionsOf(ledger: Ledger): Generator<ConnectionLine> {
  yield* ledger.connections;
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
