import { z } from 'zod';
import type { DiagnosisDocument } from '../diagnose/diagnosis-document.ts';
import { schemaOf } from './same-type.ts';
import {
  effectiveSettings,
  expectations,
  folder,
  host,
  itemFields,
  threshold,
  users,
  verdictFields,
  version,
} from './shared-parts.ts';
import { count, openWords } from './words.ts';

const item = z
  .object({
    ...itemFields,
    byHand: z.string().optional().describe('The command by which the figure can be read without the lab.'),
  })
  .meta({ id: 'item', description: 'One thing measured that speaks for or against a cause.' });

const { share, ...verdictFieldsOfAll } = verdictFields(item);
const verdict = z
  .object({
    ...verdictFieldsOfAll,
    share: share.optional().describe('The same as a part of all failures; absent: nobody counted them.'),
  })
  .meta({ id: 'verdict', description: 'What the evidence says of one cause.' });

const counted = count.nullable();

/** What `diagnose --json` prints, and verdict.json of a diagnosis. */
export const diagnosisDocument = schemaOf<DiagnosisDocument>()(
  z.object({
    schema: version,
    name: z.literal('diagnose'),
    complete: z.boolean().describe('False: interrupted, or it was not watched for all of the load.'),
    target: z
      .object({
        how: openWords(['pid', 'port', 'container', 'url']).describe(
          "By what it was found; `url`: it is another machine's.",
        ),
        port: z.int(),
        addresses: z.array(z.string()).describe('What it listens on; `*`: every address.'),
        pid: z.int().nullable().describe('The process that was watched, in its own pid namespace.'),
        name: z.string().nullable(),
        pids: z.array(z.int()).describe('All processes that hold the listener.'),
        container: z.string().nullable(),
        elsewhere: z.boolean().describe("Its network namespace is another one than the lab's."),
        speaks: openWords(['tcp', 'http', 'ws'])
          .optional()
          .describe("What the robots speak to it; absent: its users were somebody else's."),
        url: z.string().optional().describe('As its users call it, without a query.'),
        tls: z.literal(true).optional().describe('Its users speak that in TLS.'),
        logs: z
          .array(z.string())
          .optional()
          .describe('Where its log is likely to be, and commands that show it.'),
      })
      .describe('The server that was watched.'),
    host,
    watched: z.object({ seconds: z.number(), samples: count }),
    settings: effectiveSettings,
    users: users.nullable().describe("How the robots fared; null: the load was somebody else's."),
    threshold: threshold.nullable().describe("Null: the load was somebody else's."),
    counted: z
      .object({
        accepted: counted.describe('Connections that came.'),
        held: counted.describe('The most that were open at once.'),
        resets: counted.describe('RSTs that were sent to its users.'),
        drops: counted.describe('Packets that its listeners dropped.'),
        turnedAway: counted.describe('Connections that it ended at once.'),
      })
      .describe('Of this server alone; null: not known.'),
    seen: z.array(z.string()).describe('How its connections ended, one line each.'),
    scope: z.string().describe('What else lives in its network namespace, in one line.'),
    verdicts: z.array(verdict),
    unseen: z.array(z.string()).describe('What could not be seen, and how to see it, one line each.'),
    expectations: expectations.optional(),
    path: folder.optional(),
  }),
);
