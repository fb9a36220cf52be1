import { z } from 'zod';
import type { SweepDocument } from '../sweep/sweep-document.ts';
import { schemaOf } from './same-type.ts';
import { effectiveSettings, expectations, folder, host, users, version, wallMs } from './shared-parts.ts';
import { verdictDocument } from './verdict-json.ts';
import { count } from './words.ts';

const run = verdictDocument.meta({ id: 'run', description: 'What one run showed.' });

const cell = z
  .object({
    id: z.string().describe('The same combination has the same id in every run of the file.'),
    varies: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .describe('What makes this cell differ from the others, by name: `nofile`, `users`, `runtime`.'),
    settings: effectiveSettings.describe('In force, read back; of a cell that did not run as asked.'),
    users,
    runtime: z.string(),
    verdict: run.nullable().describe('verdict.json of the cell; null: it could not run.'),
    causes: z.array(z.string()).describe('Ids of the confirmed causes, `unknown` included.'),
    error: z.string().nullable().describe('Why it could not run, one line.'),
    expected: z
      .object({ says: z.string(), met: z.boolean() })
      .nullable()
      .describe('What the file expected of it, and whether it came true; null: nothing.'),
    wallMs,
  })
  .meta({ id: 'cell', description: 'One combination of the matrix.' });

/** What `sweep --json` prints, and sweep.json. */
export const sweepDocument = schemaOf<SweepDocument>()(
  z.object({
    schema: version,
    name: z.string(),
    about: z.string().optional().describe('What the file says of itself.'),
    file: z.string().optional().describe('The file, as it was given.'),
    startedAt: z.string().optional().describe('ISO 8601, UTC.'),
    total: count.optional().describe('Cells that there are to run; more than `cells`: interrupted.'),
    complete: z.boolean().describe('False: interrupted, the cells so far.'),
    host,
    cells: z.array(cell),
    expectations: expectations.optional(),
    path: folder,
  }),
);
