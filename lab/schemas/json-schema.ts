import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { Publishing } from './words.ts';

/** A JSON Schema, draft 2020-12. */
export interface JsonSchema {
  [keyword: string]: unknown;
}

type Named = Record<string, JsonSchema>;

/**
 * The JSON Schema of a zod schema, for all documents of its version. It is wider than that one where a version may grow: objects are open,
 * words that are open (see words.ts) stand as examples, and an open union takes objects of other kinds.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const made = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  return new Published(made.$defs as Named | undefined).of(made);
}

/** Keywords whose value is a schema, a list of them, or schemas by name. */
const ONE = ['items', 'additionalProperties', 'not'];
const SEVERAL = ['anyOf', 'oneOf', 'prefixItems'];
const NAMED = ['properties', '$defs'];

class Published {
  readonly #defs: Named;

  constructor(defs: Named = {}) {
    this.#defs = defs;
  }

  of(schema: JsonSchema): JsonSchema {
    const { open, promised = [], openBy, ...rest } = schema as JsonSchema & Publishing;
    const entries = Object.entries(rest)
      .filter(([keyword, value]) => !isIdle(keyword, value))
      .sort(([one], [other]) => Number(other === 'description') - Number(one === 'description'));
    const made: JsonSchema = Object.fromEntries(
      entries.map(([keyword, value]) => [keyword, this.#keyword(keyword, value)]),
    );
    const { enum: words, oneOf, ...others } = made;
    if (openBy !== undefined)
      return { ...others, anyOf: [...(oneOf as JsonSchema[]), this.#otherThan(schema, openBy)] };
    if (words === undefined) return made;
    return open ? { ...others, examples: words } : { ...made, enum: [...(words as string[]), ...promised] };
  }

  #keyword(keyword: string, value: unknown): unknown {
    if (ONE.includes(keyword) && typeof value === 'object') return this.of(value as JsonSchema);
    if (SEVERAL.includes(keyword)) return (value as JsonSchema[]).map((one) => this.of(one));
    if (!NAMED.includes(keyword)) return value;
    const named = Object.entries(value as Named);
    return Object.fromEntries(named.map(([name, one]) => [name, this.of(one)]));
  }

  /** An object with what all of this union have in common, and another word. */
  #otherThan(union: JsonSchema, word: string): JsonSchema {
    const known = this.#objectsOf(union);
    const [first, ...more] = known.map(({ properties }) => properties as Named);
    const common = Object.entries(first ?? {}).filter(
      ([name, field]) => name !== word && more.every((fields) => isDeepStrictEqual(fields[name], field)),
    );
    const isRequired = (name: string) => known.every(({ required }) => (required as string[]).includes(name));
    const words = known.map(({ properties }) => (properties as Named)[word]?.const);
    return {
      type: 'object',
      properties: {
        [word]: { type: 'string', not: { enum: [...new Set(words)] } },
        ...Object.fromEntries(common.map(([name, field]) => [name, this.of(field)])),
      },
      required: [word, ...common.map(([name]) => name).filter(isRequired)],
      description: `What a later version of the lab may add: skip a \`${word}\` that you do not know.`,
    };
  }

  #objectsOf(schema: JsonSchema): JsonSchema[] {
    const { $ref, oneOf } = schema;
    if (typeof $ref === 'string') return this.#objectsOf(this.#defs[$ref.split('/').at(-1) ?? ''] ?? {});
    return Array.isArray(oneOf) ? oneOf.flatMap((one) => this.#objectsOf(one)) : [schema];
  }
}

/** The bounds of what a number of JavaScript holds, and the names of a record's fields: later there may be others. */
function isIdle(keyword: string, value: unknown): boolean {
  const isBound = keyword === 'minimum' || keyword === 'maximum';
  return keyword === 'propertyNames' || (isBound && Math.abs(value as number) === Number.MAX_SAFE_INTEGER);
}
