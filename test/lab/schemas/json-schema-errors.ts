type Schema = Record<string, unknown>;

/** What tells a reader something, and constrains nothing. */
const SILENT = ['$schema', '$id', '$defs', 'title', 'description'];

type Check = (wanted: never, value: unknown, path: string, schema: Schema) => string[];

/**
 * Holds values to a JSON Schema of draft 2020-12, with those of its keywords that ours have: another one throws. Written without zod, so
 * that what is published is held to what its words mean.
 */
export class JsonSchemaErrors {
  readonly #root: Schema;
  readonly #asNow: boolean;

  /**
   * @param asNow also what a later document may have is an error: a field that has no name in the schema, a word that is none of the
   * examples, an object that is none of those there are
   */
  constructor(root: object, { asNow = false } = {}) {
    this.#root = root as Schema;
    this.#asNow = asNow;
  }

  /** One line for each thing that is wrong, with its path. */
  of(value: unknown, schema: Schema = this.#root, path = '$'): string[] {
    return Object.entries(schema).flatMap(([keyword, wanted]) => {
      if (SILENT.includes(keyword)) return [];
      const check = this.#checks[keyword];
      if (check === undefined) throw new Error(`${path}: unknown keyword ${keyword}`);
      return check(wanted as never, value, path, schema);
    });
  }

  readonly #checks: Partial<Record<string, Check>> = {
    $ref: (name: string, value: unknown, path: string) => this.of(value, this.#definition(name), path),
    type: (types: string | string[], value: unknown, path: string) =>
      [types].flat().some((type) => isOfType(value, type)) ? [] : [`${path}: ${shown(value)} is no ${types}`],
    const: (only: unknown, value: unknown, path: string) =>
      value === only ? [] : [`${path}: ${shown(value)} is not ${shown(only)}`],
    enum: (words: unknown[], value: unknown, path: string) =>
      words.includes(value) ? [] : [`${path}: ${shown(value)} is none of ${words.join(', ')}`],
    examples: (words: unknown[], value: unknown, path: string) =>
      !this.#asNow || words.includes(value)
        ? []
        : [`${path}: ${shown(value)} is none of ${words.join(', ')}`],
    minimum: (least: number, value: unknown, path: string) =>
      typeof value !== 'number' || value >= least ? [] : [`${path}: ${value} is below ${least}`],
    maximum: (most: number, value: unknown, path: string) =>
      typeof value !== 'number' || value <= most ? [] : [`${path}: ${value} is above ${most}`],
    required: (names: string[], value: unknown, path: string) =>
      isObject(value)
        ? names.filter((name) => !Object.hasOwn(value, name)).map((name) => `${path}.${name} is missing`)
        : [],
    properties: (fields: Record<string, Schema>, value: unknown, path: string) => {
      if (!isObject(value)) return [];
      return Object.entries(value).flatMap(([name, field]) => {
        const schema = fields[name];
        if (schema !== undefined) return this.of(field, schema, `${path}.${name}`);
        return this.#asNow ? [`${path}.${name} has no name in the schema`] : [];
      });
    },
    additionalProperties: (of: Schema, value: unknown, path: string, { properties }: Schema) => {
      if (properties !== undefined) throw new Error(`${path}: additionalProperties beside properties`);
      if (!isObject(value)) return [];
      return Object.entries(value).flatMap(([name, field]) => this.of(field, of, `${path}.${name}`));
    },
    items: (of: Schema | false, value: unknown, path: string, { prefixItems = [] }: Schema) => {
      if (!Array.isArray(value)) return [];
      const rest = value.slice((prefixItems as unknown[]).length);
      if (of === false) return rest.length > 0 ? [`${path}: too long`] : [];
      return rest.flatMap((item, index) => this.of(item, of, `${path}[${index}]`));
    },
    prefixItems: (of: Schema[], value: unknown, path: string) =>
      Array.isArray(value)
        ? of.flatMap((one, at) => (at < value.length ? this.of(value[at], one, `${path}[${at}]`) : []))
        : [],
    minItems: (least: number, value: unknown, path: string) =>
      Array.isArray(value) && value.length < least ? [`${path}: too short`] : [],
    maxItems: (most: number, value: unknown, path: string) =>
      Array.isArray(value) && value.length > most ? [`${path}: too long`] : [],
    anyOf: (schemas: Schema[], value: unknown, path: string) => this.#least(schemas, value, path),
    not: (schema: Schema, value: unknown, path: string) =>
      this.#asNow || this.of(value, schema, path).length === 0
        ? [`${path}: ${shown(value)} is not allowed`]
        : [],
  };

  /** Nothing where one of them holds, else what is wrong by the one that is nearest. */
  #least(schemas: readonly Schema[], value: unknown, path: string): string[] {
    const found = schemas.map((schema) => this.of(value, schema, path));
    return found.reduce((least, errors) => (errors.length < least.length ? errors : least));
  }

  #definition(name: string): Schema {
    const found = (this.#root.$defs as Record<string, Schema> | undefined)?.[name.replace('#/$defs/', '')];
    if (found === undefined) throw new Error(`${name} is not there`);
    return found;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
