import { z } from 'zod';
import type { ConnectError, FailedConnectsLine, UpstreamSample } from '../../protocol/upstream-events.ts';
import { schemaOf } from './same-type.ts';
import { at, count, openWords } from './words.ts';

const ERRORS = [
  'EADDRNOTAVAIL',
  'ECONNREFUSED',
  'EAGAIN',
  'ETIMEDOUT',
  'ECANCELED',
] as const satisfies readonly ConnectError[];

export const upstream = schemaOf<UpstreamSample>()(
  z.object({
    ends: z.array(
      z.object({
        remote: z.string().describe('`127.0.0.1:9000`, `[::1]:9000`.'),
        sockets: count.describe('Sockets of the server with that remote end.'),
        unanswered: count.describe('Those whose SYN nobody has answered yet.'),
        through: count.optional().describe('Those that the server holds, and whose SYN was answered.'),
        width: count.optional().describe('Local ports that such a socket may have.'),
        free: count.optional().describe('Those that none keeps.'),
      }),
    ),
    queues: z
      .array(
        z.object({
          name: z.string().describe('`127.0.0.1:9000`; of a UNIX socket its path.'),
          kind: openWords(['tcp', 'unix']),
          waiting: count.describe('Connections in it.'),
          backlog: z.int(),
          drops: count.optional().describe('Packets that this listener has dropped since it was opened.'),
        }),
      )
      .describe('Accept queues of those that the server is connected to.'),
  }),
).meta({ id: 'upstream', description: 'The server as a client of others.' });

export const failedConnects = schemaOf<FailedConnectsLine>()(
  z.object({
    event: z.literal('failed-connects'),
    at,
    connects: z.array(
      z.object({
        at,
        error: openWords(ERRORS),
        to: z.string().optional().describe('`127.0.0.1:9000`; absent: not known.'),
      }),
    ),
    made: z
      .object({
        to: z.record(z.string(), count).describe('By remote end.'),
        atOnce: count.describe('Calls of connect(2) that came back with success at once.'),
      })
      .optional()
      .describe('Connections that it did get since the last such line.'),
  }),
).meta({
  id: 'failed-connects',
  description: 'Connections that the server wanted of others and did not get.',
});
