import { z } from 'zod';
import type { ConnectionLine, Witness } from '../../protocol/connection-events.ts';
import { schemaOf } from './same-type.ts';
import { count, fixedWords, ms, openWords } from './words.ts';

const WITNESSES = ['ss -E', 'port table', 'tracefs'] as const satisfies readonly Witness[];

export const witness = openWords(WITNESSES).meta({
  id: 'witness-name',
  description:
    "Who told it: `ss -E` (each socket that the kernel frees), `port table` (looks at /proc/net/tcp), `tracefs` (the kernel's own events).",
});

/** A thing that a witness told. */
function told<Is extends z.ZodType>(is: Is, description: string) {
  return z
    .object({
      is,
      by: witness,
      within: z
        .number()
        .optional()
        .describe('It may have been so much less (a moment: earlier), and no more; absent: exact.'),
    })
    .optional()
    .describe(description);
}

const moment = z.number().describe('Milliseconds since the Unix epoch.');
const side = fixedWords(['server', 'client']);

/** A line of connections.ndjson. */
export const connectionLine = schemaOf<ConnectionLine>()(
  z.object({
    event: z.literal('connection'),
    at: z.number().describe('When the line was written, ms since the Unix epoch.'),
    local: z
      .string()
      .describe("The server's end: `127.0.0.1:8080`, `[::1]:8080`; a mapped IPv4 address as IPv4."),
    remote: z.string().optional().describe("The client's end; absent: it was gone before anybody looked."),
    cookie: z.string().optional().describe("The kernel's own number of the socket (SO_COOKIE), hexadecimal."),
    open: z.literal(true).optional().describe('It was open when the watch ended.'),
    shared: z
      .literal(true)
      .optional()
      .describe("It may be another server's, at the same address in another network namespace."),
    complete: told(moment, 'When its handshake was complete.'),
    accepted: told(z.boolean(), 'Whether accept(2) took it out of the accept queue.'),
    wait: told(ms, 'How long it waited there, ms.'),
    pid: told(z.int(), 'The process that took it, or held it, in the pid namespace of the witness.'),
    closed: told(moment, 'When its first end came: a FIN or an RST of either side.'),
    closedBy: told(side, 'Whose end came first.'),
    how: told(fixedWords(['FIN', 'RST']), 'What that first end was.'),
    reset: told(
      fixedWords(['server', 'client', 'neither']),
      'Who sent an RST on it at any time; `neither`: it took one that no TCP of this kernel sent.',
    ),
    forged: told(
      z.boolean(),
      "The client took an RST in the server's name that the server's TCP had not sent: a packet filter did.",
    ),
    reason: told(z.string(), "Why the server's kernel sent that RST, in its word (include/net/rstreason.h)."),
    age: told(ms, 'From its completion to its first end, ms.'),
    silentIn: told(ms, 'At its end: since the server last received data, ms.'),
    silentOut: told(ms, 'At its end: since the server last sent data, ms.'),
    received: told(count, "Data that the server's kernel received, bytes."),
    sent: told(count, "Data that the server's kernel sent, bytes."),
    unread: told(count, 'Received and not read by the server when it closed, bytes.'),
    finAcked: told(z.boolean(), "Whether the client's kernel acknowledged the server's FIN."),
  }),
).describe('The life of one connection of the server, as the kernel told it. Absent: it could not be had.');
