import type { Overrides, SettingName } from '../settings/schema.ts';

/** What laws reckon with. Undefined: not known, so a law that needs it does not predict. */
export interface LawInput {
  nofile?: number;
  /** Descriptor numbers of the gateway at rest. */
  descriptors?: readonly number[];
  backlog?: number;
  somaxconn?: number;
  /** The gateway's kernel is that of macOS, whose listen queue is another one: kern.ipc.somaxconn and soqlimitcompat. */
  darwin?: { somaxconn: number; soqlimitcompat: number };
  /** The gateway was kept stopped while users arrived. */
  stopped: boolean;
  ports?: { first: number; last: number; addresses: number };
  /** Ports that listeners in the robots' namespace have, and reserved ones. */
  listening: readonly number[];
  /** Connections that wait in the queue before the load. */
  waiting: number;
  /** Users that the robots' own descriptors suffice for. */
  robotsRoom?: number;
  maxConnections?: number;
  /** The cap cuts connections as they come, before anybody has asked for an upgrade. */
  capSilent?: boolean;
}

/** A law of capacity: the largest number of users with no failure, whatever their pace. */
export interface Law {
  name: string;
  /** The formula, as it is printed beside every number that it predicts. */
  formula: string;
  /** The settings that move it. */
  settings: readonly SettingName[];
  /** Settings under which it is this law, and no other, that limits. */
  alone: Overrides;
  /** Users; undefined when something it needs is not known. */
  predict(input: LawInput): number | undefined;
}
