import { basename } from 'node:path';
import type { Evidence } from '../evidence/evidence.ts';
import { linuxInputOf } from '../laws/queue-model/from-run.ts';
import type { ModelInput, ModelLink } from '../laws/queue-model/model-input.ts';
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

/** What the users' program takes for a step of a user where no run says so, ms: robots on two cores, about (docs/model.md). */
const ASSUMED_STEP_MS = 0.025;

/** What the thread of lo0 takes at the pace's own speed, ms: to wake on another core, and for a packet. Assumed; nobody has measured it. */
const WAKES_MS: readonly [number, number] = [0.005, 0.05];
const PACKETS_MS: readonly [number, number] = [0.002, 0.005];

/** So long after the RST a slow program looks, or writes, ms: only which of its calls says it hangs on that. */
const SLOW_MS = 0.5;

/** Numbers of SYNs at once, for what is said beside the range. */
const BATCHES = [1, 4, 16, 64];

/** Descriptors that the gateway may hold at rest on macOS: the 23 and 24 that it holds on Linux, with room on both sides. */
const REST: readonly [number, number] = [16, 32];

/** A part of what is open, as it is named. */
interface Beside {
  what: string;
  inputs: ModelInput[];
}

/** What the prediction turns on and nobody has measured. */
interface Variants {
  inputs: ModelInput[];
  /** The middle of the range, and what would be with a fixed number of SYNs at once; empty on Linux. */
  beside: Beside[];
  /** What was varied, one line each. */
  notes: string[];
}

/**
 * The input with every value that is open. Nothing is open about the settings and the users.
 *
 * @param batch SYNs that the loopback's thread of macOS finds at once, where a Mac has told
 */
export function variantsOf(os: System, input: ModelInput, pace: Pace, batch?: number): Variants {
  const rate = `accept rate ${rateText(pace.acceptRate)}: ${pace.from}; the half and the double of it as well`;
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
        what: `and ${count === 1 ? '1 SYN' : `${count} SYNs`} at each look`,
        inputs: [at(1, 1, { kind: 'batches', batch: count })],
      })),
  ];
  return {
    inputs: [...all, ...rests, ...calls],
    beside: stepMs === 0 ? [] : beside,
    notes: [
      batch === undefined
        ? `assumed of the loopback's thread: on one core it runs before the next connect(2); on several it wakes in ${WAKES_MS.join(' to ')} ms and takes ${PACKETS_MS.join(' to ')} ms for a packet. ${FIGURE}`
        : `the loopback's thread finds ${batch} SYNs at once: as it was asked for`,
      `${rate}, and the users' program with it`,
      `a step of the users' program ${Number(stepMs.toFixed(4))} ms: ${pace.stepMs > 0 ? pace.from : 'assumed'}; the half and the double of it beside the server's`,
      `descriptors at rest ${REST.join(' to ')}: nobody has counted them on macOS`,
      'how fast a program is: who has not looked yet is told of the reset by connect(2), who writes after it by EPIPE, everybody else by a read',
    ],
  };
}

/** What ends it. */
const FIGURE =
  'It is ended by one figure of a Mac, the SYNs that it finds at once: `npm run mac` prints it, and `--syns-at-once` takes it';

/** The thread of lo0 on one core, and on several as it finds most at once; a machine so many times as fast is so in all. */
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
  return Number.isFinite(rate) ? `${Math.round(rate)} users a second` : 'without bound';
}
