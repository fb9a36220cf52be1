import assert from 'node:assert/strict';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';
import type { DocumentName } from '../../../lab/schemas/documents.ts';
import { JsonSchemaErrors } from './json-schema-errors.ts';

/** The schema of a document as it is published. */
export function readSchema(name: DocumentName): Record<string, unknown> {
  return JSON.parse(readFileSync(join(PROJECT_ROOT, 'docs/schemas', `${name}.schema.json`), 'utf8'));
}

/** A document as a reader gets it. */
export const asWritten = (document: object): unknown => JSON.parse(JSON.stringify(document));

const checks = new Map<DocumentName, JsonSchemaErrors>();

/** What is wrong with a document that the lab makes now, by its published schema. */
export function errorsIn(name: DocumentName, document: unknown): string[] {
  const check = checks.get(name) ?? new JsonSchemaErrors(readSchema(name), { asNow: true });
  checks.set(name, check);
  return check.of(document);
}

/** Throws where a document that the lab makes now has what its published schema does not say. `where`: for the message. */
export function assertDocument(name: DocumentName, document: unknown, where: string = name): void {
  const errors = errorsIn(name, document);
  assert.deepEqual(errors, [], `${where} and docs/schemas/${name}.schema.json`);
}

/** Documents of a folder that are one JSON text. */
const JSON_FILES: Record<string, DocumentName> = {
  'manifest.json': 'manifest',
  'threshold.json': 'threshold',
  'climb.json': 'climb',
  'sweep.json': 'sweep',
  'compare.json': 'compare',
};

const LINES: readonly DocumentName[] = ['users', 'connections', 'samples', 'trace', 'darwin'];

/** Holds everything in a folder of runs to the published schemas. Gives the names of the documents that it has. */
export function assertFolder(path: string): string[] {
  const files = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files
    .map(({ name }) => name)
    .filter((name) => assertFile(join(path, name), name))
    .sort();
}

function assertFile(path: string, name: string): boolean {
  if (name.endsWith('.json')) {
    const document = JSON.parse(readFileSync(path, 'utf8'));
    const schema = name === 'verdict.json' ? verdictOf(document) : JSON_FILES[name];
    if (schema === undefined) return false;
    assertDocument(schema, document, path);
    return true;
  }
  const kind = LINES.find((one) => name === `${one}.ndjson` || name === `fix-${one}.ndjson`);
  if (kind === undefined) return false;
  // What stands after the last end of a line a kill has cut off.
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').slice(0, -1).entries())
    assertDocument(kind, JSON.parse(line), `${path}:${index + 1}`);
  return true;
}

function verdictOf({ name }: { name: string }): DocumentName {
  return name === 'diagnose' ? 'diagnose' : 'verdict';
}

/** What a verb prints with `--json`, where a schema of it is published. */
const PRINTED: Record<string, DocumentName> = {
  run: 'verdict',
  diagnose: 'diagnose',
  threshold: 'threshold',
  climb: 'climb',
  sweep: 'sweep',
  compare: 'compare',
  exam: 'exam',
  troubleshoot: 'troubleshoot',
};

/** Holds what a lab with these arguments printed, and the folder that it names, to the published schemas. Other than a document nothing is. */
export function assertPrinted([verb = '', ...args]: readonly string[], stdout: string): void {
  const printed = PRINTED[verb];
  if (printed === undefined || !args.includes('--json')) return;
  let document: { path?: string | null };
  try {
    document = JSON.parse(stdout);
  } catch {
    return;
  }
  assertDocument(args.includes('--strangers') ? 'exam-strangers' : printed, document, `lab ${verb} --json`);
  if (document.path && isReadable(document.path)) assertFolder(document.path);
}

/** One in a mount namespace that is gone, or of another user, is not. */
function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return existsSync(path);
  } catch {
    return false;
  }
}
