import type { WitnessLine } from '../../protocol/connection-events.ts';
import type { ConnectionRows } from '../../protocol/connection-rows.ts';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import type { GatewayLine } from '../../protocol/gateway-events.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import type { ProcessLine, RefusalsLine } from '../../protocol/process-events.ts';
import type { TracedLine, TraceEvidence } from '../../protocol/trace-events.ts';
import type { FailedConnectsLine } from '../../protocol/upstream-events.ts';
import type { Evidence } from './evidence.ts';
import type { KeptLine, LabLine } from './lab-lines.ts';
import { fileRows, fileWitness, passTime } from './ledger/join.ts';
import { fileLedgerLine } from './ledger/ledger.ts';
import { PackedLines } from './packed-lines.ts';

/** Files a line of the gateway under the evidence. */
export function fileGatewayLine(evidence: Evidence, line: GatewayLine): void {
  evidence.keep?.(line);
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
  evidence.keep?.(line);
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
  switch (line.event) {
    // The ledger has them kept.
    case 'connections':
    case 'witness':
      fileConnections(evidence, line);
      return;
    case 'observed':
      observer.series.push(line);
      passTime(ledger, line.at);
      break;
    case 'snapshot':
      observer[line.when] = line;
      break;
    case 'failed-connects':
      fileFailedConnects(evidence, line);
      break;
    // What macOS's commands printed is for whoever looks it up: nothing is drawn from it.
    case 'raw':
      break;
  }
  evidence.keep?.(line);
}

/** Files what the lab itself saw under the evidence. */
export function fileLabLine(evidence: Evidence, line: LabLine): void {
  evidence.keep?.(line);
  const { gateway, observer } = evidence;
  const { event: _, ...rest } = line;
  switch (line.event) {
    case 'gateway-exit':
      gateway.exit = rest as NonNullable<typeof gateway.exit>;
      break;
    case 'gateway-stopped':
      gateway.stopped = { from: line.at, to: Number.POSITIVE_INFINITY };
      break;
    case 'gateway-continued':
      if (gateway.stopped) gateway.stopped.to = line.at;
      break;
    case 'observer-lost':
      observer.lost = { at: line.at, how: line.how };
      break;
    case 'link':
      evidence.link = { delayMs: line.delayMs, qdisc: line.qdisc };
      break;
    case 'clocks':
      evidence.clocks = line.clocks;
      break;
    case 'part-lost': {
      const { event: _, at: __, ...lost } = line;
      evidence.lostParts = [...(evidence.lostParts ?? []), lost];
      break;
    }
    case 'proxy':
      evidence.proxy = line.seen;
      break;
    case 'user-cost': {
      const { handshakeMs, requestMs, each } = line;
      evidence.userCost = { handshakeMs, requestMs, each };
      break;
    }
    case 'trace': {
      const { event: _, at: __, ...figures } = line;
      evidence.trace = { ...figures, resets: new PackedLines() };
      break;
    }
    case 'traced-reset':
      evidence.trace?.resets.push(rest as Omit<typeof line, 'event'>);
      break;
  }
}

/** Files a trace that is over. */
export function fileTrace(evidence: Evidence, { resets, ...figures }: TraceEvidence): void {
  fileLabLine(evidence, { event: 'trace', at: Date.now(), ...figures });
  for (const reset of resets) fileLabLine(evidence, { event: 'traced-reset', ...reset });
}

/** Files a line again that was kept. One that a later version wrote, and nobody here knows, is passed over. */
export function fileKeptLine(evidence: Evidence, line: KeptLine): void {
  if (line.event === 'connection') fileLedgerLine(evidence.ledger, line);
  if (line.event === 'process' || line.event === 'refusals') fileProcess(evidence, line);
  fileGatewayLine(evidence, line as GatewayLine);
  fileFleetLine(evidence, line as FleetLine);
  fileObserverLine(evidence, line as ObserverLine);
  fileLabLine(evidence, line as LabLine);
}

/** Files what a witness tells of connections, or of itself, under the evidence. */
export function fileConnections({ ledger }: Evidence, line: ConnectionRows | WitnessLine): void {
  if (line.event === 'witness') fileWitness(ledger, line);
  else fileRows(ledger, line);
}

/** A server without its upstream may try without end. */
const MOST_CONNECTS = 200_000;

/** Files what the server did not get as a client under the evidence: the first of them, where there are too many. */
function fileFailedConnects(evidence: Evidence, { connects, made }: FailedConnectsLine): void {
  const { failedConnects } = evidence;
  if (made !== undefined) {
    evidence.madeConnects ??= { to: {}, atOnce: 0 };
    const { madeConnects } = evidence;
    madeConnects.atOnce += made.atOnce;
    for (const [end, number] of Object.entries(made.to))
      madeConnects.to[end] = (madeConnects.to[end] ?? 0) + number;
  }
  for (const one of connects) if (failedConnects.length < MOST_CONNECTS) failedConnects.push(one);
}

/** Files what the kernel's trace tells of a server, as it comes. */
export function fileTraced(evidence: Evidence, line: TracedLine): void {
  if (line.event === 'failed-connects') fileObserverLine(evidence, line);
  else if (line.event === 'process' || line.event === 'refusals') fileProcess(evidence, line);
  else fileConnections(evidence, line);
}

/** Of a server that fails at each try there may be many: what they tell is told by the first. */
const MOST_PROCESS_LINES = 20_000;

function fileProcess(evidence: Evidence, line: ProcessLine | RefusalsLine): void {
  const { processes = [], refusals = [] } = evidence;
  if (processes.length + refusals.length >= MOST_PROCESS_LINES) return;
  if (line.event === 'process') {
    evidence.processes = processes;
    processes.push(line);
  } else {
    evidence.refusals = refusals;
    refusals.push(line);
  }
  evidence.keep?.(line);
}
