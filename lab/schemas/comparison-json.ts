import { z } from 'zod';
import type { CompareDocument } from '../compare/comparison-document.ts';
import { schemaOf } from './same-type.ts';
import { effectiveSettings, folder, host, seed, stage, version } from './shared-parts.ts';
import { count, fixedWords, openWords } from './words.ts';

const figure = z
  .union([z.number(), z.object({ from: z.number(), to: z.number() })])
  .meta({ id: 'figure', description: 'A number; of a predicted column also from what to what it may be.' });

const column = z
  .object({
    name: z.string().describe("As it was asked for: `linux`, `macos`, or a run's folder."),
    os: openWords(['linux', 'macos']),
    source: fixedWords(['measured', 'predicted']),
    from: z.string().describe('Whose word it is: a run with its runtime and kernel, or a model.'),
    settings: effectiveSettings.describe(
      'In force, read back; of a predicted column those that the model reckoned with.',
    ),
    users: z.object({
      asked: count,
      open: figure,
      failed: figure,
      by: z.array(
        z.object({
          outcome: z.string(),
          stage,
          errno: z.string().nullable(),
          status: z.int().optional(),
          count: figure,
        }),
      ),
    }),
    causes: z
      .array(z.object({ cause: z.string(), users: figure }))
      .describe('Failed users by the cause that has them.'),
    connectMs: z
      .object({
        p50: figure.nullable(),
        p90: figure.nullable(),
        p99: figure.nullable(),
        max: figure.nullable(),
      })
      .describe(
        'From connect(2) until TCP was connected, ms; null: nobody was, or the driver does not see it.',
      ),
    waited: figure
      .nullable()
      .describe('Users who connected after 0.9 s or more; null: the driver does not see it.'),
    lastMs: figure
      .nullable()
      .describe('From the first connect(2) until the last user was open or had failed, ms.'),
    counters: z
      .record(z.string(), figure)
      .describe('Growth during the load, by name; one that could not be read is absent.'),
    notes: z
      .array(z.string())
      .describe('What a prediction rests on that nobody has measured; what a run could not read.'),
    path: z.string().nullable().describe("The run's folder; null: a prediction."),
  })
  .meta({ id: 'column', description: 'One side of the comparison.' });

const difference = z
  .object({
    what: z.string(),
    left: z.string(),
    right: z.string(),
    why: z.string(),
    sources: z.array(z.string()).describe('Files and functions of the kernels, or where it was read.'),
  })
  .meta({ id: 'difference', description: 'One thing that the two columns show otherwise.' });

const columns = z.array(column).describe('Left and right.');
const differences = z.array(difference);

/** What `compare --json` prints, and compare.json. */
export const comparisonDocument = schemaOf<CompareDocument>()(
  z.object({
    schema: version,
    complete: z.boolean().describe('False: interrupted.'),
    host,
    seed,
    columns,
    differences,
    grid: z
      .array(z.object({ nofile: z.int(), backlog: z.int(), ramp: z.string(), columns, differences }))
      .nullable()
      .describe('With --grid: every point, that of the columns among them.'),
    path: folder,
  }),
);
