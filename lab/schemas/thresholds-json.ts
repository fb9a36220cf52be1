import { z } from 'zod';
import type { ThresholdsDocument } from '../threshold/threshold-document.ts';
import { schemaOf } from './same-type.ts';
import { driver, effectiveSettings, expectations, folder, host, seed, version } from './shared-parts.ts';
import { count, openWords } from './words.ts';

const point = z
  .object({
    value: z.string().describe('As it was given: `64`, `40000-40099`.'),
    measured: count
      .nullable()
      .describe('The largest number of users with no failure; null: it could not be measured.'),
    predicted: z.number().nullable(),
    error: z.number().nullable().describe('measured − predicted; null: one of them is missing, or a bound.'),
    law: z.string().nullable().describe('The formula that predicts; null: no law knows.'),
    limitedBy: z
      .string()
      .describe(
        'What stopped one user more: a law (`descriptors`, `accept-queue`), a cause, `unknown` or `nothing`.',
      ),
    limit: openWords(['capacity', 'rate', 'none']).describe(
      'A capacity is the same however slowly users come; a rate fails a burst that a slow ramp does not.',
    ),
    atLeast: z.boolean().describe('The highest number tried did not fail either.'),
    method: openWords(['ramp', 'bisection']).describe(
      '`ramp`: read from one load above the threshold and confirmed by one at it. `bisection`: searched.',
    ),
    failsAt: count.nullable().describe('The smallest number of users that is known to fail.'),
    runs: count.describe('Loads that were made for this point.'),
    trials: z.array(
      z.object({ users: count, open: count, failed: count, pace: openWords(['burst', 'slow']) }),
    ),
    settings: effectiveSettings,
  })
  .meta({ id: 'point', description: 'The threshold at one value of the setting.' });

/** What `threshold --json` prints, and threshold.json. */
export const thresholdsDocument = schemaOf<ThresholdsDocument>()(
  z.object({
    schema: version,
    vary: z.string().describe('Name of the setting.'),
    complete: z.boolean().describe('False: interrupted, the points so far.'),
    host,
    runtime: z.string(),
    driver,
    seed,
    failure: z.string().describe('What counts as a failure, in words.'),
    points: z.array(point),
    expectations: expectations.optional(),
    path: folder,
  }),
);
