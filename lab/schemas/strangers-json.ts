import { z } from 'zod';
import type { Kind } from '../exam/strangers/stranger-mark.ts';
import type { StrangersDocument } from '../exam/strangers/strangers-document.ts';
import { matrix, skipped } from './exam-json.ts';
import { schemaOf } from './same-type.ts';
import { seed, version, wallMs } from './shared-parts.ts';
import { count, openWords } from './words.ts';

const MISTAKES = ['wrong', 'unknown', 'silent', 'void', 'error'] as const satisfies readonly Kind[];

const words = z.array(z.string());

const rule = z
  .object({
    tried: count.describe('Diagnoses in which it was the truth.'),
    right: count,
    unknown: count,
    silent: count,
    wrong: count.describe('Named where it was not true.'),
    trials: count.describe('All diagnoses that counted.'),
  })
  .meta({
    id: 'rule',
    description: 'What became of a cause: how often it was true, and what was said then.',
  });

const mistake = z
  .object({
    question: z.string(),
    who: z.string().describe('Who made the diagnosis: `root`, `an ordinary user`.'),
    kind: openWords(MISTAKES).describe(
      '`unknown`: something failed that it cannot name. `silent`: nothing is named. `void`: the situation did not come about. `error`: no diagnosis was made.',
    ),
    truth: words,
    said: words,
    why: z.string(),
    met: z.unknown().describe('What the users met.'),
    seen: words,
    counted: z.record(z.string(), z.number().nullable()).nullable(),
    evidence: words,
  })
  .meta({ id: 'mistake', description: 'An answer that was not right.' });

/** What `exam --strangers --json` prints. */
export const strangersDocument = schemaOf<StrangersDocument>()(
  z.object({
    schema: version,
    strangers: z.literal(true),
    seed,
    complete: z.boolean().describe('False: interrupted, fewer diagnoses than were to be made.'),
    asked: count.describe('Diagnoses.'),
    right: count,
    contributing: count.describe('Of `right`: named as contributing, and no more can be known.'),
    wrong: count.describe('A name that is not true.'),
    unknown: count,
    silent: count,
    void: count.describe('The situation did not come about: neither right nor wrong.'),
    errors: count.describe('No diagnosis was made.'),
    matrix,
    rules: z.record(z.string(), rule).describe('By cause.'),
    programs: z
      .record(
        z.string(),
        z.object({
          language: z.string(),
          right: count,
          wrong: count,
          unknown: count,
          silent: count,
          void: count,
          error: count,
        }),
      )
      .describe('By program.'),
    mistakes: z.array(mistake),
    skipped,
    wallMs,
  }),
);
