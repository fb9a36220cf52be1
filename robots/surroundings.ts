import type { FleetLine } from '../protocol/fleet-events.ts';
import type { Gate } from './crowd.ts';

/** What the fleet needs of the process it runs in. */
export interface Surroundings {
  write(line: FleetLine): void;
  /** Writes lines that are text already, each with its end. */
  writeText(text: string): void;
  gate: Gate;
  /** Aborted when the load should end. */
  signal: AbortSignal;
}
