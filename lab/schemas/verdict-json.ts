import { z } from 'zod';
import type { VerdictDocument } from '../run/verdict-document.ts';
import { lostParts } from './other-machines.ts';
import { parts } from './parts-json.ts';
import { schemaOf } from './same-type.ts';
import {
  driver,
  effectiveSettings,
  expectations,
  folder,
  host,
  seed,
  threshold,
  users,
  verdict,
  version,
} from './shared-parts.ts';
import { count, ms } from './words.ts';

/** verdict.json of a run. */
export const verdictDocument = schemaOf<VerdictDocument>()(
  z.object({
    schema: version,
    name: z.string().describe('Id of the cause that was to be made, or the name of the run.'),
    complete: z.boolean().describe('False: interrupted, a part was lost, or not every user is told of.'),
    host,
    runtime: z.string().describe('Where gateway and robots ran: `docker`, `netns`, `native`, …'),
    driver,
    seed,
    settings: effectiveSettings,
    users,
    bets: z
      .object({
        placed: count.describe('By the robots.'),
        acked: count.describe('Acknowledged to them.'),
        recorded: count.describe("In the gateway's ledger."),
        lost: count.describe('Placed, and never recorded.'),
        doubled: count.describe('Recorded twice.'),
      })
      .describe('Bets as both sides count them.'),
    threshold,
    verdicts: z.array(verdict),
    lost: lostParts,
    parts: parts.optional(),
    fix: z
      .object({
        change: z.string().describe('`nofile 4096 → 8192`.'),
        verified: z.boolean().describe('The same load again: nobody failed, all were open.'),
        users,
        error: z
          .string()
          .optional()
          .describe('Why the run with the fix came to no result; then nothing is known of its users.'),
      })
      .nullable()
      .describe('The second run, with the fix; null: there was none.'),
    trace: z
      .object({
        available: z.boolean(),
        why: z.string().optional().describe('Why it is not available.'),
        resets: count.describe('RSTs between gateway and robots: the lines of trace.ndjson.'),
        lost: count.describe('Events that the kernel had no room for.'),
        unknown: count.describe('Lines of the trace that were not understood.'),
        cpuMs: ms.describe('CPU time of the process that read it, ms.'),
      })
      .nullable()
      .describe("The kernel's own trace of RSTs; null: it was not asked."),
    observer: z
      .object({ samplesPerSecond: z.number(), cpuPercent: z.number().describe('Of one processor.') })
      .nullable()
      .describe('What the measuring itself cost; null: not known.'),
    times: z.object({
      settledMs: ms
        .nullable()
        .describe('From the first connect to the last user open or failed, ms; null: the load had no end.'),
    }),
    expectations: expectations.optional(),
    path: folder,
  }),
).describe('What one run showed.');
