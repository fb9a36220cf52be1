import type { ConnectionsLine, WitnessLine } from '../../protocol/connection-events.ts';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import type { GatewayLine } from '../../protocol/gateway-events.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import type { Evidence } from './evidence.ts';
import { fileConnectionLine, passTime } from './ledger/join.ts';
import { fileLedgerLine } from './ledger/ledger.ts';

/** Files a line of the gateway under the evidence. */
export function fileGatewayLine(evidence: Evidence, line: GatewayLine): void {
  const { gateway } = evidence;
  switch (line.event) {
    case 'listening':
      gateway.listening = line;
      break;
    case 'sample':
      gateway.samples.push(line);
      break;
    case 'close':
      gateway.closes.push(line);
      break;
    case 'round':
      gateway.rounds.push(line);
      break;
    case 'error':
      gateway.errors.push(line);
      break;
    case 'restart':
      gateway.restarts.push(line);
      break;
    case 'drained':
      gateway.drained = line;
      break;
  }
}

/** Files a line of the fleet under the evidence. */
export function fileFleetLine(evidence: Evidence, line: FleetLine): void {
  const { fleet } = evidence;
  switch (line.event) {
    case 'user':
      fleet.users.push(line);
      break;
    case 'phase':
      fleet.phases.push(line);
      break;
    case 'progress':
      fleet.progress.push(line);
      break;
    case 'done':
      fleet.done = line;
      break;
  }
}

/** Files a line of the observer under the evidence. */
export function fileObserverLine(evidence: Evidence, line: ObserverLine): void {
  const { observer, ledger } = evidence;
  if (line.event === 'observed') {
    observer.series.push(line);
    passTime(ledger, line.at);
  } else if (line.event === 'connections' || line.event === 'witness') fileConnections(evidence, line);
  else if (line.event === 'raw') {
    observer.raw ??= [];
    observer.raw.push(line);
  } else observer[line.when] = line;
}

/** Files what a witness tells of connections, or of itself, under the evidence. */
export function fileConnections({ ledger }: Evidence, line: ConnectionsLine | WitnessLine): void {
  if (line.event === 'witness') fileLedgerLine(ledger, line);
  else for (const connection of line.list) fileConnectionLine(ledger, connection);
}
