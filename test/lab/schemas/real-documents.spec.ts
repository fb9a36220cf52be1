import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { Place } from '../../diagnose/place.ts';
import { skipWhenMissing } from '../../skip.ts';
import { lab, scratch } from '../cli/lab.ts';
import { assertFolder, errorsIn, readSchema } from './documents.ts';
import { JsonSchemaErrors } from './json-schema-errors.ts';

type Json = Record<string, unknown>;

const parse = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8'));
const firstLine = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8').split('\n')[0] ?? '');

/** Copies of a document, each without one of the fields that have to be there, with the path of that. */
function* withoutOne(document: Json, schema: Json, root = schema, path = ''): Generator<[string, Json]> {
  const { $ref } = schema as { $ref?: string };
  if ($ref !== undefined) {
    const named = (root.$defs as Record<string, Json>)[$ref.replace('#/$defs/', '')] as Json;
    yield* withoutOne(document, named, root, path);
    return;
  }
  const { required = [], properties = {} } = schema as {
    required?: string[];
    properties?: Record<string, Json>;
  };
  for (const name of required) {
    const { [name]: field, ...rest } = document;
    yield [`${path}.${name}`, rest];
    if (typeof field !== 'object' || field === null || Array.isArray(field)) continue;
    for (const [inner, less] of withoutOne(field as Json, properties[name] ?? {}, root, `${path}.${name}`))
      yield [inner, { ...document, [name]: less }];
  }
}

describe('schemas: real documents', function () {
  this.timeout(60_000);
  skipWhenMissing(netns);
  const runs = scratch();

  describe('a run of 60 users, room for 40, and its fix', () => {
    let document: VerdictDocument;
    let path: string;
    before(async () => {
      const load = ['--runtime', 'netns', '--set', 'nofile=64', '--users', '60', '--set', 'rounds=1'];
      const { stdout, stderr } = await lab(['run', ...load, '--json', '--runs', runs()]);
      document = JSON.parse(stdout);
      path = document.path as string;
      assert.ok(document.users.failed > 0 && document.fix?.verified, stderr);
    });

    it('everything in its folder is as published', () => {
      const names = ['manifest.json', 'samples.ndjson', 'users.ndjson', 'verdict.json'];
      const second = ['fix-samples.ndjson', 'fix-users.ndjson'];
      const has = assertFolder(path);
      assert.deepEqual(
        [...names, ...second].filter((name) => !has.includes(name)),
        [],
      );
      // The ledger takes `ss`, the trace takes root.
      if (document.trace?.available)
        assert.ok(has.includes('trace.ndjson') && has.includes('connections.ndjson'));
    });

    it('a field less, and it is not', () => {
      for (const [name, whole] of [
        ['verdict', document],
        ['users', firstLine(path, 'users.ndjson')],
        ['samples', firstLine(path, 'samples.ndjson')],
      ] as const) {
        const schema = readSchema(name);
        const check = new JsonSchemaErrors(schema);
        assert.deepEqual(check.of(whole), []);
        const cut = [...withoutOne(whole as Json, schema)];
        if (name !== 'samples') assert.ok(cut.length > 5, name);
        assert.deepEqual(
          cut.filter(([, less]) => check.of(less).length === 0).map(([field]) => field),
          [],
        );
      }
    });

    it('another type, another word, another version, and it is not', () => {
      const [verdict] = document.verdicts;
      for (const changed of [
        { schema: 2 },
        { seed: '1' },
        { complete: null },
        { users: { ...document.users, by: [{ ...document.users.by[0], outcome: 'vanished' }] } },
        { verdicts: [{ ...verdict, verdict: 'guilty' }] },
        { verdicts: [{ ...verdict, for: [{ source: 'x' }] }] },
        { settings: { nofile: true } },
      ])
        assert.notDeepEqual(errorsIn('verdict', { ...document, ...changed }), [], JSON.stringify(changed));
    });

    it('a manifest that says of which kind it is has what that has', () => {
      const manifest = parse(path, 'manifest.json');
      const check = new JsonSchemaErrors(readSchema('manifest'));
      assert.deepEqual(check.of(manifest), []);
      assert.notDeepEqual(check.of({ ...manifest, asked: undefined }), []);
      const { seed: _, ...unseeded } = manifest;
      assert.notDeepEqual(check.of(unseeded), []);
      assert.deepEqual(check.of({ ...manifest, kind: 'of a later version' }), []);
    });
  });

  it('a diagnosis with robots, and everything in its folder', async () => {
    await using place = await Place.make();
    const server = join(PROJECT_ROOT, 'test/diagnose/servers/node.ts');
    await place.serve([process.execPath, server], 9001, { nofile: 60 });
    const { document } = await place.diagnose('--port', '9001', '--load', '50', '--runs', runs());
    assert.ok((document.users?.failed ?? 0) > 0);
    const names = ['manifest.json', 'samples.ndjson', 'users.ndjson', 'verdict.json'];
    const has = assertFolder(document.path as string);
    assert.deepEqual(
      names.filter((name) => !has.includes(name)),
      [],
    );
    const { counted, ...less } = document as DiagnosisDocument & Json;
    assert.ok(counted);
    assert.notDeepEqual(errorsIn('diagnose', less), []);
  });
});
