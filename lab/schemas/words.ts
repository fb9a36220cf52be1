import { z } from 'zod';

/** What the published schema says otherwise than zod does (see json-schema.ts). */
export interface Publishing {
  /** Of an enum: later documents of the same version may have other words. */
  open?: true;
  /** Of an enum: words that are promised, and that nothing writes yet. */
  promised?: readonly string[];
  /** Of a union of objects that are told apart by this field: later documents of the same version may have others. */
  openBy?: string;
}

/** How many. */
export const count = z.int().min(0);

/** A time, ms. */
export const ms = z.number();

/** A moment. */
export const at = z.number().describe('Milliseconds since the Unix epoch.');

/** One of these words; later there may be others. */
export function openWords<const W extends readonly string[]>(words: W) {
  return z.enum(words).meta({ open: true } satisfies Publishing);
}

/** One of these words; there will be no others in this version. */
export function fixedWords<const W extends readonly string[]>(words: W, promised: readonly string[] = []) {
  return z.enum(words).meta(promised.length > 0 ? ({ promised } satisfies Publishing) : {});
}

/** One of these objects, which a word tells apart; later there may be others, with other words. */
export function openUnion<
  const Options extends readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]],
>(word: string, options: Options) {
  return z.discriminatedUnion(word, options).meta({ openBy: word } satisfies Publishing);
}
