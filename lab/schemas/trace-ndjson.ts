import { z } from 'zod';
import type { TracedReset } from '../../protocol/trace-events.ts';
import { schemaOf } from './same-type.ts';
import { at, fixedWords } from './words.ts';

/** A line of trace.ndjson. */
export const tracedResetLine = schemaOf<{ event: 'traced-reset' } & TracedReset>()(
  z.object({
    event: z.literal('traced-reset'),
    at,
    from: fixedWords(['gateway', 'robots']).describe('Who sent it.'),
    port: z.int().optional().describe("The robot's port; absent: the kernel did not name it."),
    address: z
      .string()
      .optional()
      .describe("The robot's address, of a load from several sources; absent: it had one, or as the port."),
    state: z.string().optional().describe('Of the socket that sent it: `TCP_TIME_WAIT`.'),
    reason: z
      .string()
      .optional()
      .describe("Why, in the kernel's word (include/net/rstreason.h); absent before Linux 6.10."),
    drop: z
      .string()
      .optional()
      .describe('Why the packet that it answers was dropped (include/net/dropreason-core.h).'),
    receivedAt: z
      .number()
      .optional()
      .describe(
        "When the other side's socket took it, ms since the Unix epoch; absent: it had none any more.",
      ),
  }),
).describe('One RST between gateway and robots, as the kernel traced it.');
