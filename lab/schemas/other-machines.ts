import { z } from 'zod';
import type { LostPart } from '../evidence/lab-lines.ts';
import type { PartClock } from '../runtimes/runtime.ts';
import { schemaOf } from './same-type.ts';
import { count, ms, openWords } from './words.ts';

/** What documents tell of parts on other machines; evidence numbers them from 0, documents from 1. */
type From = 0 | 1;

const role = openWords(['gateway', 'robots']);

export const where = z.string().describe("Which machine it was on; absent: the lab's own.");

/** The clock of one. */
export function partClock(from: From) {
  return schemaOf<PartClock>()(
    z.object({
      role,
      number: count.describe(`Of the gateway, or of the source of robots, from ${from}.`),
      where: z.string().describe('Which machine it is on.'),
      aheadMs: ms.describe("Ahead of the lab's clock when it joined, ms; taken away from all its times."),
      afterMs: ms.optional().describe('The same after the load; absent: it was lost.'),
      errorMs: ms.describe('What is known of the offset is known to so many ms, either way.'),
    }),
  );
}

/** Those of a run. */
export const clocks = z
  .array(partClock(1))
  .describe("The clocks of parts on other machines; absent: all have the lab's own.");

/** The fields of a part that was lost. */
export function lostFields(from: From) {
  return lostPart(from).shape;
}

function lostPart(from: From) {
  return schemaOf<LostPart>()(
    z.object({
      role,
      number: count.describe(`From ${from}; of robots their place in \`parts.fleets\` of verdict.json.`),
      where: where.optional(),
      how: z.string().describe('How it ended.'),
      users: count.describe('So many of its users it had not told of: they are `other`.'),
    }),
  );
}

/** Parts that a run has lost. */
export const lostParts = z
  .array(lostPart(1))
  .optional()
  .describe('Parts that ended before the load was over; absent: none.');
