import { z } from 'zod';
import { OUTCOMES, STAGES } from '../../protocol/fleet-events.ts';
import type { EvidenceItem, Verdict } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { ExpectationDocument } from '../expect/expectation.ts';
import type { EffectiveSettings } from '../run/effective-settings.ts';
import type { ThresholdDocument } from '../run/threshold-of-run.ts';
import type { UsersDocument } from '../run/users-document.ts';
import { RUNTIME_NAMES } from '../runtimes/runtime.ts';
import { schemaOf } from './same-type.ts';
import { count, fixedWords, openWords } from './words.ts';

export const version = z.literal(1).describe('Schema version.');

export const outcome = fixedWords(OUTCOMES).describe('What became of the user.');

export const stage = fixedWords(STAGES).describe(
  'How far the user had come when it ended: TCP handshake, TLS handshake, upgrade (or the head of the HTTP answer), open.',
);

export const runtime = openWords(RUNTIME_NAMES).describe('Where gateway and robots ran.');
export const driver = z.string().describe('What made the load: `robots`, `k6`, or `none` of ours.');
export const seed = z.int().describe('What is random is drawn from it: the same seed, the same load.');
export const folder = z.string().nullable().describe('Folder with everything measured; null: none was kept.');
export const wallMs = z.number().describe('How long it took, ms.');

export const host = schemaOf<Evidence['host']>()(
  z.object({
    os: z.string().describe('As Node names it: `linux`, `darwin`.'),
    kernel: z.string().describe('Release of the kernel.'),
    node: z.string().describe('Version of Node that ran the lab.'),
  }),
).meta({ id: 'host', description: 'The machine that the lab ran on.' });

export const effectiveSettings = schemaOf<EffectiveSettings>()(
  z.record(z.string(), z.union([z.number(), z.string()])),
).meta({
  id: 'settings',
  description: 'Settings in force by name, read back; one that could not be read is absent.',
});

export const users = schemaOf<UsersDocument>()(
  z.object({
    asked: count.describe('Users requested. Neither open nor failed: the load was cut short.'),
    open: count.describe('Open to the end, or gone in order.'),
    failed: count,
    by: z
      .array(
        z.object({
          outcome,
          stage,
          errno: z.string().nullable().describe('As the system named it: `ECONNRESET`; null: it named none.'),
          status: z.int().optional().describe('Status of an HTTP answer that was a failure.'),
          count,
          said: z
            .string()
            .optional()
            .describe('What most of them had heard from the server, its first bytes; absent: nothing.'),
        }),
      )
      .describe('Users that fared alike, most first.'),
  }),
).meta({ id: 'users', description: 'How users fared.' });

const figure = z.union([z.number(), z.string()]).nullable();
export const itemFields = {
  source: z.string().describe('Where it was read: `/proc/<pid>/net/netstat TcpExt ListenOverflows`.'),
  name: z.string(),
  before: figure.describe('Before the load; null: not read.'),
  after: figure.describe('After the load, or the most that was seen; null: not read.'),
  limit: z.number().optional(),
  says: z.string().describe('What it says, in one sentence.'),
  otherwise: z.string().optional().describe('What would have been measured if it were not so.'),
};

export const item = schemaOf<EvidenceItem>()(z.object(itemFields)).meta({
  id: 'item',
  description: 'One thing measured that speaks for or against a cause.',
});

export const verdictWord = fixedWords([
  'confirmed',
  'contributing',
  'refuted',
  'insufficient-data',
  'unknown',
]).describe('`unknown`: failures that no cause explains.');

/** The fields of a verdict, whose items of evidence are these. */
export function verdictFields<Item extends z.ZodType>(items: Item) {
  return {
    cause: z.string().describe('Id of the cause; `unknown`: none explains these failures.'),
    under: z.string().optional().describe('The wider cause of which it is a form.'),
    verdict: verdictWord,
    explains: count.describe(
      'Failed users that it explains, without those of its forms; where nobody told how users fared, failures that the kernel counted.',
    ),
    share: z.number().min(0).max(1).describe('The same as a part of all failures; 0: nobody failed.'),
    for: z.array(items),
    against: z.array(items),
  };
}

export const verdict = schemaOf<Verdict>()(z.object(verdictFields(item))).meta({
  id: 'verdict',
  description: 'What the evidence says of one cause.',
});

export const threshold = schemaOf<ThresholdDocument>()(
  z.object({
    measured: count.describe('Users that were served.'),
    predicted: z.number().nullable().describe('By the law that limits first; null: no law knows.'),
    law: z.string().describe('The formula of that law.'),
    atLeast: z.boolean().describe('Nobody failed, or some were lost: the threshold is this or higher.'),
  }),
).meta({ id: 'threshold', description: 'The largest number of users with no failure.' });

/** What a Mac says of itself. */
export const macSystem = z
  .object({
    product: z.string().optional(),
    version: z.string().optional(),
    build: z.string().optional(),
    maxfiles: z.string().optional(),
  })
  .describe('macOS: what sw_vers says, and launchctl of maxfiles.');

const came = z
  .union([z.number(), z.string()])
  .nullable()
  .describe('The number, or the causes found; null: not measured.');

export const expectations = schemaOf<ExpectationDocument[]>()(
  z.array(
    z.object({
      condition: z.string().describe('As it was given: `failed=0`.'),
      holds: z.boolean().describe('It came true; what was not measured did not.'),
      measured: came,
      says: z.string().describe('What came, in one sentence.'),
      each: z
        .array(z.object({ where: z.string(), holds: z.boolean(), measured: came }))
        .optional()
        .describe('Each of several measurements, all of which must hold; absent: there was one.'),
    }),
  ),
).describe('Conditions that were given with `--expect`, and how they came out; absent: none were.');
