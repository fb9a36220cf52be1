import { z } from 'zod';
import type { ServerThresholdDocument } from '../threshold/strangers/server-threshold-document.ts';
import type { ThresholdsDocument } from '../threshold/threshold-document.ts';
import { diagnosisDocument } from './diagnosis-json.ts';
import { keptLoad } from './manifest-json.ts';
import { schemaOf } from './same-type.ts';
import {
  driver,
  effectiveSettings,
  expectations,
  folder,
  host,
  seed,
  users,
  version,
} from './shared-parts.ts';
import { count, ms, openWords } from './words.ts';

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

const ofGateway = schemaOf<ThresholdsDocument>()(
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
).meta({ id: 'gateway', description: 'Of the gateway of the lab, at values of a setting.' });

const serverPoint = z
  .object({
    value: z.null().describe('Nothing was varied.'),
    measured: count
      .nullable()
      .describe('The largest number of users with no failure; null: no load was without.'),
    predicted: z.number().nullable(),
    error: z.number().nullable().describe('measured − predicted; null: one of them is missing, or a bound.'),
    law: z.string().nullable().describe('The formula that predicts; null: no law knows.'),
    notPredicted: z.string().nullable().describe('Why nothing is predicted; null: something is.'),
    limitedBy: z
      .string()
      .describe(
        'A cause, by the smallest load that failed; `unknown`: none accounts for it; `nothing`: none failed.',
      ),
    says: z.string().nullable().describe('Why that; null: nobody failed.'),
    limit: openWords(['capacity', 'rate', 'none'])
      .nullable()
      .describe(
        'A capacity is the same however slowly users come; a rate fails a burst that a slow ramp does not. Null: the search ended before that was known.',
      ),
    atLeast: z.boolean().describe('The highest number tried did not fail either.'),
    method: openWords(['ramp', 'bisection'])
      .nullable()
      .describe(
        '`ramp`: read from one load above the threshold and confirmed by one at it. `bisection`: searched.',
      ),
    failsAt: count.nullable().describe('The smallest number of users that is known to fail.'),
    failures: users.shape.by.describe('How users failed in the smallest load that failed.'),
    runs: count.describe('Loads that were made.'),
    trials: z.array(
      z.object({
        users: count,
        open: count,
        failed: count,
        pace: openWords(['burst', 'slow']),
        rampMs: ms.describe('Over how long the users came, ms.'),
        limitedBy: z.string().describe('The cause that most of its failed users are attributed to.'),
      }),
    ),
    settings: effectiveSettings,
  })
  .meta({ id: 'server-point', description: 'The threshold of a server that is not ours.' });

const ofServer = schemaOf<ServerThresholdDocument>()(
  z.object({
    schema: version,
    vary: z.null().describe('No setting: it is the number of users that was searched for.'),
    complete: z
      .boolean()
      .describe('False: interrupted, or the server ended or kept connections before the search was over.'),
    ended: z.string().nullable().describe('Why the search ended before it was over; null: it did not.'),
    host,
    runtime: z.string().describe('`docker`: the server is in a container; `native`: it is not.'),
    driver: z.literal('robots'),
    target: diagnosisDocument.shape.target,
    watched: z.boolean().describe("False: it is another machine's, and only its users were seen."),
    load: keptLoad.describe('What each user does; `users`: the highest number that was to be tried.'),
    failure: z.string().describe('What counts as a failure, in words.'),
    atRest: count.describe('Connections of others that were there all the time.'),
    points: z.array(serverPoint).describe('One.'),
    unseen: z.array(z.string()).describe('What could not be seen, and how to see it, one line each.'),
    expectations: expectations.optional(),
    path: folder,
  }),
).meta({ id: 'server', description: 'Of a server that is not ours.' });

/** What `threshold --json` prints, and threshold.json. */
export const thresholdsDocument = z.union([ofGateway, ofServer]);
