import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOCUMENT_NAMES, publishedSchema } from '../../lab/schemas/documents.ts';

/** Where the schemas are published. */
export const SCHEMAS = join(import.meta.dirname, '../../docs/schemas');

/** A file that is made from a schema of lab/schemas. */
interface MadeSchema {
  name: string;
  path: string;
  /** As it should be. */
  text: string;
  /** Is it otherwise now, or not there? */
  stale: boolean;
}

const fileOf = (name: string) => `${name}.schema.json`;

/** One for each document. */
export function madeSchemas(): MadeSchema[] {
  return DOCUMENT_NAMES.map((document) => {
    const name = fileOf(document);
    const path = join(SCHEMAS, name);
    const text = `${JSON.stringify(publishedSchema(document), null, 2)}\n`;
    return { name: `docs/schemas/${name}`, path, text, stale: textOf(path) !== text };
  });
}

/** Files beside them that no document has. */
export function strangeSchemas(): string[] {
  const known = DOCUMENT_NAMES.map(fileOf);
  return globSync('*', { cwd: SCHEMAS })
    .filter((name) => !known.includes(name))
    .map((name) => join(SCHEMAS, name));
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
