import { basename } from 'node:path';
import type { Evidence } from '../evidence/evidence.ts';
import { linuxInputOf } from '../laws/queue-model/from-run.ts';
import type { ModelInput } from '../laws/queue-model/model-input.ts';
import type { System } from './comparison-document.ts';

/** How fast a server and its users are, and what the server holds before the first of them. */
export interface Pace {
  /** Connections taken a second. */
  acceptRate: number;
  /** Ms that the users' program takes for each step of a user. */
  stepMs: number;
  descriptorsAtRest: readonly number[];
  /** Where that is from, as it is printed. */
  from: string;
}

/** Without a run: a round number of the kind that runs on two cores showed (docs/model.md), and the descriptors of the gateway there. */
export const ASSUMED_PACE: Pace = {
  acceptRate: 4000,
  stepMs: 0,
  descriptorsAtRest: [...Array(24).keys()],
  from: 'assumed, no run to take it from',
};

/**
 * That of a run on Linux. Undefined when the run did not come so far, or was no such run; also when its users came over a time, since
 * the server then took them as they came, and may be much faster.
 */
export function paceOf(evidence: Evidence, path: string): Pace | undefined {
  const burst =
    evidence.asked.ramp === '0' && evidence.fleet.users.some(({ openMs }) => openMs !== undefined);
  const input = burst ? linuxInputOf(evidence) : undefined;
  if (input === undefined) return undefined;
  const { acceptRate, descriptorsAtRest = ASSUMED_PACE.descriptorsAtRest } = input.server;
  const { stepMs = 0 } = input.client;
  return { acceptRate, stepMs, descriptorsAtRest, from: `that of the run ${basename(path)}` };
}

/** Another machine may be half or twice as fast. */
const FASTER = [0.5, 1, 2] as const;

/** How many SYNs the loopback's thread of macOS finds at once; the last stands for all of them. */
const BATCHES = [1, 4, 16, 64, 256, 1024];

/** Descriptors that the gateway may hold at rest on macOS: the 23 and 24 that it holds on Linux, with room on both sides. */
const REST: readonly [number, number] = [16, 32];

/** What the prediction turns on and nobody has measured. */
interface Variants {
  inputs: ModelInput[];
  /** Of those the ones at the given pace, by the SYNs that the loopback's thread finds at once; empty on Linux. */
  byBatch: { batch: number; input: ModelInput }[];
  /** What was varied, one line each. */
  notes: string[];
}

/** The input with every value that is open. Nothing is open about the settings and the users. */
export function variantsOf(os: System, input: ModelInput, pace: Pace): Variants {
  const rates = FASTER.map((times) => withServer(input, { acceptRate: pace.acceptRate * times }));
  const rate = `accept rate ${rateText(pace.acceptRate)}: ${pace.from}; the half and the double of it as well`;
  if (os === 'linux') return { inputs: rates, byBatch: [], notes: [rate] };
  const users = input.arrivals.length;
  const batches = [...BATCHES.filter((batch) => batch < users), users];
  const rests = REST.map((count) => [...Array(count).keys()]);
  const extreme = [batches[0] as number, users];
  const byBatch = batches.map((batch) => ({ batch, input: withBatch(input, batch) }));
  const others = rests.flatMap((descriptorsAtRest) =>
    rates.map((other) => withServer(other, { descriptorsAtRest })),
  );
  return {
    inputs: [
      ...byBatch.map(({ input }) => input),
      ...others.flatMap((other) => extreme.map((batch) => withBatch(other, batch))),
    ],
    byBatch,
    notes: [
      `the loopback's thread finds 1 to ${users} SYNs at once: nobody has counted how many`,
      rate,
      `descriptors at rest ${REST.join(' to ')}: nobody has counted them on macOS`,
    ],
  };
}

function withServer(input: ModelInput, server: Partial<ModelInput['server']>): ModelInput {
  return { ...input, server: { ...input.server, ...server } };
}

function withBatch(input: ModelInput, batch: number): ModelInput {
  return { ...input, link: { kind: 'batches', batch } };
}

function rateText(rate: number): string {
  return Number.isFinite(rate) ? `${Math.round(rate)} users a second` : 'without bound';
}
