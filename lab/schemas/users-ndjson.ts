import { z } from 'zod';
import type { UserLine } from '../../protocol/fleet-events.ts';
import { schemaOf } from './same-type.ts';
import { outcome, stage } from './shared-parts.ts';
import { count, ms } from './words.ts';

const status = z
  .int()
  .optional()
  .describe(
    'Status of an HTTP answer that was a failure: of a WebSocket any but 101, of HTTP 429 and all from 500.',
  );
const port = z.int().optional().describe('Local port of the connection.');
const startedAt = z.number().describe('When connect(2) was called, ms since the Unix epoch.');
const code = z.int().optional().describe('WebSocket close code, when one was received.');

/** A line of users.ndjson. */
export const userLine = schemaOf<UserLine>()(
  z.object({
    event: z.literal('user'),
    id: count.describe('Number of the robot, from 0.'),
    outcome,
    stage,
    stageUnknown: z
      .literal(true)
      .optional()
      .describe('The driver does not see where it ended: `stage` is the earliest that it can have been.'),
    errno: z.string().optional().describe('As the system named it: `ECONNRESET`, `EADDRNOTAVAIL`.'),
    syscall: z.string().optional().describe('The call that failed: `read`, `write`, `connect`.'),
    code,
    status,
    said: z.string().optional().describe('Of a user that failed: the first bytes that the server had said.'),
    detail: z.string().optional().describe('More than the system says, in words.'),
    port,
    address: z
      .string()
      .optional()
      .describe('Local address of the connection, of a load from several sources; absent: it had one.'),
    startedAt,
    connectedMs: ms
      .optional()
      .describe(
        'When TCP was connected, ms after startedAt; absent: it never was, or the driver does not see it.',
      ),
    securedMs: ms
      .optional()
      .describe(
        'When its TLS handshake was over, ms after startedAt; absent: it never was, or there is none.',
      ),
    openMs: ms.optional().describe('When it was open, ms after startedAt; absent: it never was.'),
    endedMs: ms
      .optional()
      .describe(
        'When it failed, was closed or was served to the end, ms after startedAt; absent: it was open to the end.',
      ),
    leftMs: ms.optional().describe('When it left in order, ms after startedAt.'),
    hadRead: z
      .object({
        bytes: count.describe("Of the connection, TLS's own with them."),
        tls: z.string().optional().describe('The version of TLS, e.g. `TLSv1.3`; absent: there is none.'),
      })
      .optional()
      .describe(
        'What it had read when it left by close(2); absent: it left, if it did, having read to the end.',
      ),
    attempts: count.optional().describe('Connections that it made; absent: one.'),
    earlier: z
      .array(
        z.object({
          outcome,
          stage,
          errno: z.string().optional(),
          code,
          status,
          port,
          startedAt,
          openMs: ms.optional().describe('Ms after startedAt.'),
          endedMs: ms.describe('Ms after startedAt.'),
        }),
      )
      .optional()
      .describe('All of its connections but the last, which is what the line tells of.'),
    idleMs: ms
      .optional()
      .describe(
        'HTTP: how long its connection had been idle when it sent the request that failed, ms; absent: it was the first.',
      ),
    bets: z.object({ placed: count, acked: count.describe('Acknowledged by the gateway.'), rejected: count }),
    slowestAckMs: ms
      .optional()
      .describe('From a bet to its acknowledgement, the slowest, ms; absent: there was none.'),
  }),
).describe('One robot, once it has failed for good or the load is over.');
