import { z } from 'zod';
import type { DiagnosisManifest } from '../diagnose/diagnose-again.ts';
import type { RunManifest } from '../run/run-manifest.ts';
import { askedSettings, overrides } from './asked-settings.ts';
import { clocks } from './other-machines.ts';
import { schemaOf } from './same-type.ts';
import { driver, effectiveSettings, host, macSystem, runtime, seed } from './shared-parts.ts';
import { count, ms, openUnion, openWords } from './words.ts';

const complete = z
  .boolean()
  .describe('False until all is measured and judged, and for what was interrupted.');

const ofAll = {
  form: z.literal(1).describe('Form of the folder.'),
  complete,
  name: z.string(),
  runtime,
  driver,
  exclusive: z
    .boolean()
    .optional()
    .describe(
      'The network namespace held nothing but this run; absent: it was killed before that was known.',
    ),
  host,
  asked: askedSettings,
  path: z.string().describe('The folder, as it was named when it was made.'),
};

const run = schemaOf<RunManifest>()(
  z.object({
    ...ofAll,
    kind: z.literal('run'),
    seed,
    effective: effectiveSettings.optional().describe('Absent: it was killed before they were read.'),
    system: macSystem.optional(),
    clocks: clocks.optional(),
    fix: z
      .object({
        tried: z.object({ change: z.string(), settings: overrides }),
        asked: askedSettings,
        error: z.string().optional().describe('Why it came to no result.'),
      })
      .optional()
      .describe('The second run, with the fix.'),
  }),
).meta({ id: 'run', description: 'Of a run.' });

const wanted = z
  .object({
    pid: z.int().optional(),
    port: z.int().optional(),
    address: z.string().optional(),
    container: z.string().optional(),
  })
  .describe('By what the server was named.');

const place = z
  .object({
    how: openWords(['pid', 'port', 'container']),
    enter: z.array(z.string()).describe('Put before a command to run it in its network namespace.'),
    prefix: z.string().describe('The same as a person types it.'),
    netDir: z.string().optional(),
    enterPids: z.array(z.string()).optional(),
    container: z.object({ id: z.string(), name: z.string() }).optional(),
    url: z.string().optional().describe('As its users call it, without a query.'),
    logs: z.array(z.string()).optional().describe('Where its own log is likely to be.'),
  })
  .describe('Where the server is.');

/** A load of our robots, as it may be written down. */
export const keptLoad = z.object({
  users: count,
  kind: openWords(['tcp', 'http', 'ws']),
  path: z.string(),
  ramp: z.string(),
  timeoutMs: ms,
  holdMs: ms,
  tls: z.literal(true).optional().describe('They spoke TLS.'),
});

const diagnosis = schemaOf<DiagnosisManifest>()(
  z.object({
    ...ofAll,
    kind: z.literal('diagnose'),
    wanted,
    place,
    forMs: ms.optional().describe('For how long it was to be watched, ms; absent: until told.'),
    load: keptLoad.optional().describe("The load of our robots; absent: it was somebody else's."),
    effective: effectiveSettings.optional().describe('Absent: it was killed before it had judged.'),
  }),
).meta({ id: 'diagnosis', description: 'Of a diagnosis.' });

/** Of a folder that holds several runs: it has no kind. */
const several = z
  .object({
    kind: z.never().optional(),
    complete,
    name: z.string(),
    host: host.optional(),
    asked: askedSettings.optional(),
    path: z.string().optional(),
    runtime: runtime.optional(),
    driver: driver.optional(),
    values: z.array(z.string()).optional().describe('`threshold`: the values of the setting.'),
    to: count.optional().describe('`climb`: users to climb to.'),
    file: z.string().optional().describe('`sweep`: the file, as it was given.'),
    sides: z.array(z.string()).optional().describe('`compare`: left and right, as they were given.'),
    wanted: wanted.optional(),
    place: place.optional(),
    load: keptLoad.optional().describe('`threshold` of a server: what each user did.'),
    lines: z
      .object({ users: count })
      .optional()
      .describe('`threshold` of a server: of which load there are lines, the smallest that failed.'),
    measure: openWords(['few', 'all', 'none']).optional().describe('`compare`: what was to be measured.'),
  })
  .meta({ id: 'several', description: 'Of a threshold, a climb, a sweep or a comparison.' });

/** manifest.json of any folder. */
export const manifest = z.union([openUnion('kind', [run, diagnosis]), several]);
