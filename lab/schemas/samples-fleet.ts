import { z } from 'zod';
import type { FleetLine } from '../../protocol/fleet-events.ts';
import { schemaOf } from './same-type.ts';
import { at, count, ms, openWords } from './words.ts';

type Line<Event extends FleetLine['event']> = Extract<FleetLine, { event: Event }>;

const self = schemaOf<Line<'progress'>['self']>()(
  z.object({
    processes: count,
    nofile: z.int().describe('RLIMIT_NOFILE, soft, the sum.'),
    room: count.optional().describe('Users whose sockets get a descriptor below the limit.'),
    descriptors: count.optional(),
    ports: z
      .object({
        first: z.int(),
        last: z.int(),
        addresses: count,
        taken: z.array(z.int()).optional().describe('Ports of the range that the kernel passes over.'),
      })
      .describe('Local ports that the kernel may hand out, for each source address.'),
    sysctls: z
      .record(z.string(), z.number())
      .optional()
      .describe("Of the robots' own network namespace, those that act where a connection begins."),
    loop: z
      .object({
        p50: ms,
        p99: ms,
        max: ms,
        busy: z
          .number()
          .optional()
          .describe('The part of the time that it was at work, 0 to 1: of a single process.'),
      })
      .optional()
      .describe('Delay of the event loop, ms: the worst of its processes.'),
    rss: z.number().optional().describe('Bytes.'),
    cpuMicros: z.number().optional().describe('CPU time so far, µs.'),
  }),
).meta({ id: 'fleet', description: 'How the robots are doing themselves, summed over their processes.' });

const progress = schemaOf<Line<'progress'>>()(
  z.object({
    event: z.literal('progress'),
    at,
    asked: count,
    started: count,
    open: count,
    failed: count,
    bets: z.object({ placed: count, acked: count }),
    self,
  }),
).meta({ id: 'progress', description: 'The robots, several times a second.' });

const phase = schemaOf<Line<'phase'>>()(
  z.object({
    event: z.literal('phase'),
    at,
    phase: openWords(['ready', 'load', 'settled', 'betting', 'let-one-go', 'done']),
    port: z.int().optional().describe('`let-one-go`: the local port of the user that was told to leave.'),
  }),
).meta({ id: 'phase', description: 'A step of the load.' });

const done = schemaOf<Line<'done'>>()(
  z.object({
    event: z.literal('done'),
    at,
    asked: count,
    open: count,
    failed: count,
    bets: z.object({ placed: count, acked: count, rejected: count }),
    settledMs: ms.describe('From the first connect to the last user open or failed, ms.'),
    self,
    interrupted: z.boolean().optional().describe('The load was ended early.'),
    bottlenecks: z
      .array(
        z.object({
          what: openWords(['descriptors', 'ports', 'loop']),
          says: z.string(),
          users: count,
        }),
      )
      .describe('The ways in which the robots themselves were the limit.'),
  }),
).meta({ id: 'done', description: 'The last line of the robots.' });

/** Lines of the robots but those of single users. */
export const fleetLines = [progress, phase, done] as const;
