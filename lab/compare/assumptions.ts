import { basename } from 'node:path';
import { MAC } from '../../common/called.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { linuxInputOf } from '../laws/queue-model/from-run.ts';
import type { ModelInput, ModelLink } from '../laws/queue-model/model-input.ts';
import type { System } from './comparison-document.ts';

/** How fast a server and its users are, and the descriptors that the server has open at start. */
export interface Pace {
  /** Connections accepted per second. */
  acceptRate: number;
  /** Ms that the users' program takes for each step of a user. */
  stepMs: number;
  descriptorsAtRest: readonly number[];
  /** The source of these figures, as it is printed. */
  from: string;
}

/** Without a run: a round number near those of runs on two cores (docs/model.md), and the gateway's descriptors there. */
export const ASSUMED_PACE: Pace = {
  acceptRate: 4000,
  stepMs: 0,
  descriptorsAtRest: [...Array(24).keys()],
  from: 'assumed, since there is no run',
};

/**
 * The pace of a run on Linux. Undefined when the run did not get so far, or was not on Linux; also when its users arrived over a time,
 * since the server then accepted them as they arrived, and may be much faster.
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

/** The time of one step of a user, ms, where no run shows it: about that of robots on two cores (docs/model.md). */
const ASSUMED_STEP_MS = 0.025;

/** How long the thread of lo0 takes to wake on another core, and for a packet, ms, at the pace's own speed. Assumed: nobody measured it. */
const WAKES_MS: readonly [number, number] = [0.005, 0.05];
const PACKETS_MS: readonly [number, number] = [0.002, 0.005];

/** How long after the RST a slow program reads or writes, ms: only the call that reports the RST depends on it. */
const SLOW_MS = 0.5;

/** Numbers of SYNs at once, for the figures beside the range. */
const BATCHES = [1, 4, 16, 64];

/** How many descriptors the gateway may have open at start on macOS: around the 23 and 24 on Linux. */
const REST: readonly [number, number] = [16, 32];

/** One assumption among several, with its name. */
interface Beside {
  what: string;
  inputs: ModelInput[];
}

/** What the prediction depends on, and nobody has measured. */
interface Variants {
  inputs: ModelInput[];
  /** The middle of the range, and the result with a fixed number of SYNs at once; empty on Linux. */
  beside: Beside[];
  /** What was varied, one line each. */
  notes: string[];
}

/**
 * The input with every value that is not known. The settings and the users are known.
 *
 * @param batch SYNs that the loopback's thread of macOS handles at once, where it was measured on a Mac
 */
export function variantsOf(os: System, input: ModelInput, pace: Pace, batch?: number): Variants {
  const rate = `accept rate ${rateText(pace.acceptRate)}: ${pace.from}; half and twice of it as well`;
  if (os === 'linux') {
    const inputs = FASTER.map((times) => withServer(input, { acceptRate: pace.acceptRate * times }));
    return { inputs, beside: [], notes: [rate] };
  }
  const stepMs = input.client.stepMs === 0 ? 0 : pace.stepMs || ASSUMED_STEP_MS;
  const at = (speed: number, slower: number, link: ModelLink): ModelInput => ({
    ...withServer(input, { acceptRate: pace.acceptRate * speed }),
    link,
    client: { ...input.client, stepMs: (stepMs * slower) / speed },
  });
  const linksAt = (speed: number) =>
    batch === undefined ? threads(speed) : [{ kind: 'batches', batch } as const];
  const all = FASTER.flatMap((speed) =>
    (stepMs === 0 ? [1] : FASTER).flatMap((slower) => linksAt(speed).map((link) => at(speed, slower, link))),
  );
  const usual = linksAt(1).map((link) => at(1, 1, link));
  const rests = REST.flatMap((count) =>
    usual.map((one) => withServer(one, { descriptorsAtRest: [...Array(count).keys()] })),
  );
  const calls = [{ reactionMs: SLOW_MS }, { thinkMs: SLOW_MS }].flatMap((slow) =>
    usual.map((one) => ({ ...one, client: { ...one.client, ...slow } })),
  );
  const users = input.arrivals.length;
  const beside: Beside[] = [
    { what: 'at that pace itself', inputs: usual },
    ...(batch === undefined ? BATCHES : [])
      .filter((count) => count <= users)
      .map((count) => ({
        what: `and ${count === 1 ? '1 SYN' : `${count} SYNs`} at once`,
        inputs: [at(1, 1, { kind: 'batches', batch: count })],
      })),
  ];
  return {
    inputs: [...all, ...rests, ...calls],
    beside: stepMs === 0 ? [] : beside,
    notes: [
      batch === undefined
        ? `the loopback's thread (assumed): on one core it runs before the next connect(2); on several it wakes in ${WAKES_MS.join(' to ')} ms and takes ${PACKETS_MS.join(' to ')} ms for a packet. ${FIGURE}`
        : `the loopback's thread handles ${batch} SYNs at once, as given`,
      `${rate}, and the users' program with it`,
      `a step of the users' program ${Number(stepMs.toFixed(4))} ms: ${pace.stepMs > 0 ? pace.from : 'assumed'}; half and twice of it as well, beside those of the server`,
      `descriptors open at start ${REST.join(' to ')}: nobody has counted them on macOS`,
      'how fast a program is: connect(2) reports the reset if it has not returned yet, a write after it reports EPIPE, else a read reports it',
    ],
  };
}

/** The figure that makes this assumption unnecessary. */
const FIGURE = `One figure of a Mac replaces this assumption, the SYNs that it handles at once: \`${MAC}\` prints it, and \`--syns-at-once\` takes it`;

/** The thread of lo0 on one core, and on several where it handles most at once; `speed` scales all of its times. */
function threads(speed: number): ModelLink[] {
  const [, slowWake] = WAKES_MS;
  const [quick, slow] = PACKETS_MS;
  return [
    { kind: 'thread', wakeMs: 0, packetMs: quick / speed, oneCore: true },
    { kind: 'thread', wakeMs: slowWake / speed, packetMs: slow / speed },
  ];
}

function withServer(input: ModelInput, server: Partial<ModelInput['server']>): ModelInput {
  return { ...input, server: { ...input.server, ...server } };
}

function rateText(rate: number): string {
  return Number.isFinite(rate) ? `${Math.round(rate)} users per second` : 'unlimited';
}
