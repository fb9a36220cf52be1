import { z } from 'zod';
import type { TroubleshootDocument } from '../troubleshoot/troubleshoot-document.ts';
import { schemaOf } from './same-type.ts';
import { version } from './shared-parts.ts';
import { count, openWords } from './words.ts';

const columns = z.array(z.string()).describe('How to read the output, a line a column.');

const step = z
  .object({
    number: count,
    step: openWords(['interface', 'descriptors', 'backlog', 'time-out or panic', 'robots']),
    question: z.string(),
    cause: z.string().describe('Id of the cause that it looks for, or of the form of it that it points at.'),
    command: z.string().describe('Prints `output` when it is run as it stands.'),
    output: z.string(),
    columns,
    conclusion: z.string(),
    verdict: openWords(['refuted', 'points-at', 'cannot-be-seen']),
    commands: z.array(
      z.object({
        command: z.string(),
        before: z.string().describe('Its output at the first look.'),
        output: z.string().describe('At the last look, or at that where it was highest.'),
        columns,
        needsRoot: z.boolean().describe('It takes root, and was not run.'),
        failed: z.string().nullable().describe('Why it said nothing.'),
      }),
    ),
  })
  .meta({ id: 'step', description: 'One step: its commands, what they said, and how to read it.' });

/** What `troubleshoot --json` prints. */
export const troubleshootDocument = schemaOf<TroubleshootDocument>()(
  z.object({
    schema: version,
    name: z.literal('troubleshoot'),
    os: z.string(),
    complete: z.boolean().describe('False: interrupted.'),
    target: z.object({
      port: z.int(),
      pid: z.int().nullable(),
      name: z.string().nullable(),
      pids: z.array(z.int()),
      robots: z.int().nullable().describe('The process that makes the load.'),
    }),
    watched: z.object({ seconds: z.number(), looks: count }),
    steps: z.array(step),
  }),
);
