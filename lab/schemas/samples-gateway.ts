import { z } from 'zod';
import type { CloseReason, GatewayLine } from '../../protocol/gateway-events.ts';
import { schemaOf } from './same-type.ts';
import { at, count, ms, openWords } from './words.ts';

type Line<Event extends GatewayLine['event']> = Extract<GatewayLine, { event: Event }>;

const REASONS = [
  'handshake-timeout',
  'idle-timeout',
  'heartbeat',
  'too-large',
  'protocol-error',
  'socket-error',
  'tls-error',
  'slow-consumer',
  'bad-request',
  'max-connections',
  'process-limit',
  'deadline',
  'keep-alive',
  'unread',
  'restart',
  'drain',
] as const satisfies readonly CloseReason[];

const bets = z.object({
  received: count,
  recorded: count.describe('In the ledger.'),
  duplicates: count,
  rejected: count,
});

const listening = schemaOf<Line<'listening'>>()(
  z.object({
    event: z.literal('listening'),
    at,
    pid: z.int(),
    host: z.string(),
    port: z.int(),
    backlog: z.int().describe('As it was passed to listen(2), before the kernel clamps it to somaxconn.'),
    nofile: z.int().describe('RLIMIT_NOFILE, soft.'),
    descriptorsAtRest: z.array(z.int()).describe('Numbers of the descriptors that are open before any user.'),
    node: z.string(),
    limits: z
      .object({
        cpus: z.number().describe('CPU quota in force, processors; 0: none.'),
        memoryMb: z.number().describe('Memory limit in force, MiB; 0: none.'),
      })
      .optional()
      .describe('Absent: there are no cgroups.'),
  }),
).meta({ id: 'listening', description: 'The gateway listens.' });

const sample = schemaOf<Line<'sample'>>()(
  z.object({
    event: z.literal('sample'),
    at,
    open: count.describe('WebSockets open now.'),
    accepted: count.describe('TCP connections that accept(2) gave.'),
    waiting: count
      .optional()
      .describe('Accepted, and not read until it is their turn; absent: there are no turns.'),
    handshakesBegun: count
      .optional()
      .describe('TLS handshakes whose ClientHello was answered; absent: it speaks no TLS.'),
    handshakes: count.optional().describe('TLS handshakes that were completed; absent: it speaks no TLS.'),
    ownMs: ms
      .optional()
      .describe('Time that its own code has spent on upgrades and bets, ms; absent: it speaks no TLS.'),
    upgraded: count,
    closed: z
      .object({ byGateway: count, byPeer: count, byError: count })
      .describe('Sockets that ended, by whom.'),
    reasons: z
      .partialRecord(z.enum(REASONS), count)
      .optional()
      .describe('Connections that the gateway closed, by its reason (see `close`).'),
    loop: z
      .object({
        p50: ms,
        p99: ms,
        max: ms,
        busy: z.number().optional().describe('The part of the time that it was at work, 0 to 1.'),
      })
      .describe('Delay of the event loop since the last sample, ms.'),
    throttled: z
      .object({ periods: count, ms })
      .optional()
      .describe(
        'Periods in which its CPU quota held it back, and for how long, ms; absent: it has no quota.',
      ),
    longest: z
      .object({ bets: count, upgrades: count, blockMs: ms })
      .optional()
      .describe('What was done during the longest delay of the loop, and its longest block, ms.'),
    bets,
    memory: z.object({ rss: z.number(), heapUsed: z.number(), external: z.number() }).describe('Bytes.'),
    dropped: count.optional().describe('Lines that were not written, since nobody read them fast enough.'),
  }),
).meta({
  id: 'sample',
  description: 'The gateway, several times a second; counts are totals since it started.',
});

const close = schemaOf<Line<'close'>>()(
  z.object({
    event: z.literal('close'),
    at,
    reason: openWords(REASONS),
    code: z.int().optional().describe('WebSocket close code, when one was sent.'),
    peerPort: z.int().describe("The user's port."),
    peerAddress: z
      .string()
      .optional()
      .describe("The user's address, where there may be several; absent: there is one."),
    ageMs: ms.describe('From accept(2) to the close, ms.'),
    detail: z.string().optional(),
    sent: z
      .object({
        all: count.describe('On the connection, with what TLS adds.'),
        data: count.describe("Of the gateway's own data."),
      })
      .optional()
      .describe('An error after the TLS handshake: bytes that the gateway had sent.'),
  }),
).meta({ id: 'close', description: 'The gateway closed a connection, or saw an error on it.' });

const round = schemaOf<Line<'round'>>()(
  z.object({
    event: z.literal('round'),
    at,
    round: count,
    audience: count.describe('Sockets that were told of its beginning.'),
    late: count.optional().describe('Sockets that came in the middle of it.'),
    bets: count,
    amount: z.number(),
  }),
).meta({ id: 'round', description: 'A round of betting is over.' });

const error = schemaOf<Line<'error'>>()(
  z.object({
    event: z.literal('error'),
    at,
    fatal: z.boolean().describe('The gateway dies of it.'),
    message: z.string(),
    code: z.string().optional(),
  }),
).meta({ id: 'error', description: 'An error in the gateway.' });

const restart = schemaOf<Line<'restart'>>()(
  z.object({
    event: z.literal('restart'),
    at,
    phase: openWords(['down', 'up', 'drained']),
    open: count.describe('WebSockets open at that moment.'),
  }),
).meta({ id: 'restart', description: 'A restart that the gateway was told to make.' });

const drained = schemaOf<Line<'drained'>>()(
  z.object({
    event: z.literal('drained'),
    at,
    open: count.describe('Sockets that were open when the drain began.'),
    cut: count.optional().describe('Those of them that did not answer the close in time.'),
    ms,
    bets,
    recorded: count.describe('Bets in the ledger, each once.'),
    doubled: count.describe('Bets that stand in the ledger more than once.'),
  }),
).meta({ id: 'drained', description: 'The last line of the gateway after SIGTERM.' });

/** Lines of the gateway. */
export const gatewayLines = [listening, sample, close, round, error, restart, drained] as const;
