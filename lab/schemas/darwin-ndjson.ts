import { z } from 'zod';
import type { RawLine } from '../../protocol/observer-events.ts';
import { schemaOf } from './same-type.ts';
import { at } from './words.ts';

/** A line of darwin.ndjson. */
export const rawLine = schemaOf<RawLine>()(
  z.object({
    event: z.literal('raw'),
    at,
    command: z.string(),
    text: z.string().nullable().describe('What it printed; null: it could not be run.'),
  }),
).describe('macOS: what a command printed; left out when it is what the same command printed before.');
