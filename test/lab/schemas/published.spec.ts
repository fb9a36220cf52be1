import assert from 'node:assert/strict';
import { z } from 'zod';
import { DOCUMENT_NAMES, type DocumentName } from '../../../lab/schemas/documents.ts';
import { jsonSchemaOf } from '../../../lab/schemas/json-schema.ts';
import { schemaOf } from '../../../lab/schemas/same-type.ts';
import { fixedWords, openUnion, openWords } from '../../../lab/schemas/words.ts';
import { madeSchemas, strangeSchemas } from '../../../scripts/schemas/made-schemas.ts';
import { floorsOf, productArrows } from '../../rooms.ts';
import { readSchema } from './documents.ts';
import { JsonSchemaErrors } from './json-schema-errors.ts';

/**
 * What is promised of schema version 1. A path is a field that is always there, one with `?` may be absent; `[]` are the items of a list, and
 * a name after `/` is one of the forms of a document.
 */
const CONTRACTS = `
verdict         schema name complete runtime driver seed settings verdicts fix
                host.os host.kernel host.node
                users.asked users.open users.failed
                users.by[].outcome users.by[].stage users.by[].errno users.by[].count users.by[].status?
                bets.placed bets.acked bets.recorded bets.lost bets.doubled
                threshold.measured threshold.predicted threshold.law
                verdicts[].cause verdicts[].verdict verdicts[].for verdicts[].against
                verdicts[].explains verdicts[].share verdicts[].under?
                verdicts[].for[].source verdicts[].for[].name verdicts[].for[].before verdicts[].for[].after
                verdicts[].for[].says verdicts[].for[].limit?
                verdicts[].against[].source verdicts[].against[].says
                fix.change fix.verified fix.users
diagnose        schema complete target counted verdicts
                counted.accepted counted.held counted.resets counted.drops counted.turnedAway
                verdicts[].cause verdicts[].verdict verdicts[].for verdicts[].against verdicts[].explains
                verdicts[].share? verdicts[].under?
                verdicts[].for[].source verdicts[].for[].name verdicts[].for[].before verdicts[].for[].after
                verdicts[].for[].says verdicts[].for[].limit?
threshold       schema vary points[].value points[].measured points[].predicted points[].law points[].limitedBy
climb           schema steps[].users steps[].wall steps[].law steps[].predicted steps[].measured steps[].fix reached paper
sweep           schema cells[].settings cells[].users cells[].runtime cells[].verdict
exam            schema seed right wrong matrix mistakes
exam-strangers  schema seed right wrong matrix mistakes
compare         schema columns[].os columns[].source columns[].settings columns[].users columns[].counters differences
manifest/run    kind complete seed host asked effective?
manifest/diagnosis  kind complete host asked effective?
users           event id outcome stage errno? status? port? startedAt openMs? endedMs?
connections     event at local remote? complete? accepted? closed? closedBy? how? age? silentIn? silentOut? unread?
trace           event at from port? state? reason?
`;

/** The words of which a version has these and no others. */
const WORDS = `
verdict     users.by[].outcome    open reset refused timeout eof closed protocol no-port no-fd other
verdict     users.by[].stage      connect tls upgrade open
verdict     verdicts[].verdict    confirmed contributing refuted insufficient-data unknown
diagnose    verdicts[].verdict    confirmed contributing refuted insufficient-data unknown
users       outcome               open reset refused timeout eof closed protocol no-port no-fd other
users       stage                 connect tls upgrade open
compare     columns[].source      measured predicted
`;

type Schema = Record<string, unknown>;

/** A published schema, in which paths are looked up. */
class Fields {
  readonly #root: Schema;
  readonly #from: Schema;

  constructor(name: string) {
    const [document = '', form] = name.split('/');
    this.#root = readSchema(document as DocumentName);
    this.#from = form === undefined ? this.#root : { $ref: `#/$defs/${form}` };
  }

  /** The schema of a field, and whether it is always there; undefined: there is none. */
  at(path: string): { schema: Schema; required: boolean } | undefined {
    let found = { schema: this.#seen(this.#from), required: true };
    for (const word of path.replaceAll('[]', '.[]').split('.')) {
      const {
        properties = {},
        required = [],
        items,
      } = found.schema as {
        properties?: Record<string, Schema>;
        required?: string[];
        items?: Schema;
      };
      const next = word === '[]' ? items : properties[word];
      if (next === undefined) return undefined;
      found = { schema: this.#seen(next), required: word === '[]' || required.includes(word) };
    }
    return found;
  }

  /** Without a `$ref`, and of what may be null the rest. */
  #seen(schema: Schema): Schema {
    const { $ref, anyOf } = schema as { $ref?: string; anyOf?: Schema[] };
    const defs = this.#root.$defs as Record<string, Schema>;
    if ($ref !== undefined) return this.#seen(defs[$ref.replace('#/$defs/', '')] as Schema);
    const other = anyOf?.find(({ type }) => type !== 'null');
    return other === undefined ? schema : this.#seen(other);
  }
}

/** Its lines by their first word; one that begins with a space goes on with the line before. */
const linesOf = (text: string) =>
  text
    .replace(/\n +/g, ' ')
    .trim()
    .split('\n')
    .map((line) => line.split(/\s+/) as [string, ...string[]]);

describe('schemas: what is published', () => {
  for (const { name, stale } of madeSchemas())
    it(`${name} is as lab/schemas says`, () => assert.ok(!stale, 'npm run schemas'));

  it('no file is there that no document has', () => assert.deepEqual(strangeSchemas(), []));

  it('each says which document of which version it is, in JSON Schema 2020-12', () => {
    for (const name of DOCUMENT_NAMES) {
      const { $schema, $id, title } = readSchema(name);
      assert.equal($schema, 'https://json-schema.org/draft/2020-12/schema');
      assert.equal($id, `urn:resetlab:schema:1:${name}`);
      assert.match(`${title}`, /^resetlab, schema version 1: ./);
    }
  });

  it('nothing of the product imports lab/schemas: a part that loaded it would start later', () => {
    const FLOORS = floorsOf('lab library gateway robots protocol system common');
    const arrows = productArrows(FLOORS).filter(({ to }) => to.startsWith('lab/schemas/'));
    assert.ok(arrows.length > 20, `${arrows.length}`);
    assert.deepEqual(
      arrows.filter(({ from }) => !from.startsWith('lab/schemas/')),
      [],
    );
  });

  describe('what is promised', () => {
    for (const [name, ...paths] of linesOf(CONTRACTS)) {
      it(`${name}: ${paths.length} fields`, () => {
        const fields = new Fields(name);
        const broken = paths.flatMap((path) => {
          const found = fields.at(path.replace('?', ''));
          if (found === undefined) return `${path}: is not there`;
          return found.required === path.endsWith('?') ? `${path}: required is ${found.required}` : [];
        });
        assert.deepEqual(broken, []);
      });
    }

    for (const [name, path = '', ...words] of linesOf(WORDS))
      it(`${name}: the words of ${path}`, () => {
        const { enum: allowed = [] } = (new Fields(name).at(path)?.schema ?? {}) as { enum?: string[] };
        assert.deepEqual(allowed.toSorted(), words.toSorted());
      });

    it('the version is 1 in all that have one', () => {
      const versions = DOCUMENT_NAMES.flatMap((name) => new Fields(name).at('schema')?.schema.const ?? []);
      assert.deepEqual(new Set(versions), new Set([1]));
      assert.equal(versions.length, 9);
    });
  });
});

describe('schemas: what a version may still grow by', () => {
  const errors = (schema: z.ZodType, value: unknown, asNow = false) =>
    new JsonSchemaErrors(jsonSchemaOf(schema), { asNow }).of(value).length;

  it('fields', () => {
    const schema = z.object({ a: z.number() });
    assert.deepEqual([errors(schema, { a: 1, b: 2 }), errors(schema, { b: 2 })], [0, 1]);
    assert.equal(errors(schema, { a: 1, b: 2 }, true), 1, 'the lab itself writes none without a name');
  });

  it('words that are open; of the others those that are promised', () => {
    const [open, fixed] = [openWords(['x', 'y']), fixedWords(['x', 'y'], ['z'])];
    assert.deepEqual(
      ['x', 'z', 'w', 1].map((word) => [errors(open, word), errors(fixed, word)]),
      [
        [0, 0],
        [0, 0],
        [0, 1],
        [1, 2],
      ],
    );
    assert.equal(errors(open, 'z', true), 1);
  });

  it('objects of other kinds, with what those of all kinds have', () => {
    const all = { at: z.number(), who: z.string().optional() };
    const forms = openUnion('what', [
      z.object({ ...all, event: z.literal('b'), what: z.literal('c') }),
      z.object({ ...all, event: z.literal('b'), what: z.literal('d'), of: z.number() }),
    ]);
    const schema = openUnion('event', [z.object({ ...all, event: z.literal('a'), n: z.number() }), forms]);
    const fine = [
      { event: 'a', at: 1, n: 1 },
      { event: 'b', at: 1, what: 'd', of: 2, who: 'me' },
      { event: 'new', at: 1, n: 'anything' },
      { event: 'b', at: 1, what: 'new' },
    ];
    const broken = [
      { event: 'a', at: 1 },
      { event: 'a', at: 1, what: 'new' },
      { event: 'b', at: 1, what: 'd' },
      { event: 'new' },
      { event: 'new', at: 1, who: 5 },
      { at: 1 },
      'a',
    ];
    assert.deepEqual(
      [...fine, ...broken].filter((one) => errors(schema, one) === 0),
      fine,
    );
    assert.deepEqual(
      fine.filter((one) => errors(schema, one, true) === 0),
      fine.slice(0, 2),
    );
  });
});

describe('schemas: held to the types', () => {
  it('a schema that says otherwise than its type does not compile', () => {
    const [number, text] = [z.number(), z.string()];
    schemaOf<{ a: number; b?: string }>()(z.object({ a: number, b: text.optional() }));
    // @ts-expect-error: the type has a field more
    schemaOf<{ a: number; b?: string }>()(z.object({ a: number }));
    // @ts-expect-error: the schema has one more
    schemaOf<{ a: number }>()(z.object({ a: number, b: text.optional() }));
    // @ts-expect-error: the field may be absent in one of them
    schemaOf<{ a: number; b?: string }>()(z.object({ a: number, b: text }));
    // @ts-expect-error: it may be null in one of them
    schemaOf<{ a: number }>()(z.object({ a: number.nullable() }));
    // @ts-expect-error: deep down
    schemaOf<{ a: { b: number }[] }>()(z.object({ a: z.array(z.object({ b: text })) }));
    // @ts-expect-error: the schema lacks a word
    schemaOf<'x' | 'y'>()(z.enum(['x']));
  });
});
