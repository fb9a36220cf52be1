import { z } from 'zod';
import type { ExamDocument } from '../exam/exam-document.ts';
import { overrides } from './asked-settings.ts';
import { schemaOf } from './same-type.ts';
import { driver, item, seed, users, verdictWord, version, wallMs } from './shared-parts.ts';
import { count, openWords } from './words.ts';

export const matrix = z
  .record(z.string(), z.record(z.string(), count))
  .describe(
    'How often each truth got each answer: `{truth: {answer: n}}`. What is right stands on the diagonal.',
  );

export const skipped = z
  .array(z.object({ id: z.string(), why: z.string() }))
  .describe('What was not asked, and why.');

const mistake = z
  .object({
    question: z.string().describe('A cause, two of them (`a+b`), or a healthy shape.'),
    seed,
    truth: z.string(),
    answer: z.string(),
    kind: openWords(['wrong', 'not made', 'error']).describe(
      '`not made`: the failure that was asked for did not happen. `error`: the run did not come about.',
    ),
    why: z.string(),
    settings: overrides.describe('What was run, as far as it is not the default.'),
    users: users.shape.by,
    evidence: z
      .array(
        item
          .pick({ source: true, name: true, before: true, after: true, says: true })
          .extend({ cause: z.string(), verdict: verdictWord }),
      )
      .describe('What spoke for the answer, and against the truth.'),
  })
  .meta({ id: 'mistake', description: 'An answer that was not right.' });

/** What `exam --json` prints. */
export const examDocument = schemaOf<ExamDocument>()(
  z.object({
    schema: version,
    seed,
    runtime: z.string(),
    driver,
    complete: z.boolean().describe('False: interrupted, fewer answers than questions.'),
    asked: count.describe('Questions.'),
    right: count,
    wrong: count,
    notMade: count.describe('Of the wrong ones, those in which the failure did not happen.'),
    matrix,
    mistakes: z.array(mistake),
    skipped,
    fixes: z
      .array(
        z.object({
          cause: z.string(),
          change: z.string().nullable().describe('Null: nothing that the lab can set helps.'),
          verified: z.boolean(),
          failed: count.describe('Users that failed with the fix.'),
        }),
      )
      .optional()
      .describe('With --fix: each cause once more with its fix.'),
    wallMs,
  }),
);
