import type { Evidence } from '../evidence/evidence.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';

/** A wall that was met on the way up: what broke, where, and what moved it. */
export interface ClimbStep {
  /** Users of the load in which it was met. */
  users: number;
  /** The cause that was named; `unknown` where none was. */
  wall: string;
  /** The formula that predicts it, and what it gave; null: no law knows this wall. */
  law: string | null;
  predicted: number | null;
  /** Users that were let in before it. */
  measured: number;
  /** What was changed, e.g. `nofile 4096 → 8192`; null: this machine cannot move it. */
  fix: string | null;
  /** Settings under which it was met. */
  settings: EffectiveSettings;
  /** What the load took, from the start of the gateways to their end, ms. */
  wallMs: number;
}

/** One load of the climb, whether or not it met a wall; sizes in bytes, CPU in µs. Undefined parts could not be read. */
export interface ClimbLoad {
  users: number;
  open: number;
  gateways: number;
  sources: number;
  wallMs: number;
  /** Of all gateways and fleets together. */
  userBytes: number | null;
  kernelBytes: number | null;
  cpuMicros: number | null;
}

/** A figure drawn from the loads of this very climb, with its standard error. */
export interface Estimate {
  value: number;
  error: number;
}

/** What so many users would take, by what this climb measured: predicted, never shown. */
export interface ClimbPaper {
  predicted: true;
  users: number;
  /** Gateways at the highest nofile of this machine, and the descriptors of both ends. */
  gateways: number;
  nofile: number;
  descriptors: number;
  /** Source addresses, and the ports that each has for one gateway. */
  sources: number;
  ports: number;
  /** Bytes; null: the loads do not tell. */
  userBytes: Estimate | null;
  kernelBytes: Estimate | null;
  /** CPU time of a whole life of all users, seconds. */
  cpuSeconds: Estimate | null;
  /** Machines like this one by memory, and what this one has, bytes. */
  machines: Estimate | null;
  machineBytes: number | null;
  /** What each figure was reckoned from, a line each. */
  basis: string[];
}

/** climb.json, schema version 1. */
export interface ClimbDocument {
  schema: 1;
  name: 'climb';
  complete: boolean;
  host: Evidence['host'];
  runtime: string;
  driver: string;
  seed: number;
  /** Users to climb to. */
  to: number;
  /** The walls that were met, first to last. */
  steps: ClimbStep[];
  /** The largest number of users shown open, at most `to`. */
  reached: number;
  /** Why it ended, in a few words: the target, or the wall that this machine cannot move. */
  end: string;
  loads: ClimbLoad[];
  paper: ClimbPaper;
  path: string | null;
}
