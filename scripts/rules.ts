/**
 * `npm run rules -- exam.json…`: writes the table of rules in docs/diagnose-rules.md; its figures are of these documents
 * of `lab exam --strangers --json`. Exit code 2 for a file that is none.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../common/errors.ts';
import { tell } from '../common/tell.ts';
import type { StrangersDocument } from '../lab/exam/strangers/strangers-document.ts';
import { CAUSES } from '../lab/verdict/registry.ts';
import { together, withRules } from './rules/table.ts';

const PAGE = join(import.meta.dirname, '../docs/diagnose-rules.md');

process.on('uncaughtException', (error) => process.exit(tell(error, 'rules')));
const { heard, trials } = together(process.argv.slice(2).map(read));
const ids = CAUSES.map(({ id }) => id);
writeFileSync(PAGE, withRules(readFileSync(PAGE, 'utf8'), ids, heard, trials));

function read(file: string): StrangersDocument {
  const allowed = 'allowed: documents of lab exam --strangers --json';
  try {
    const document = JSON.parse(readFileSync(file, 'utf8')) as StrangersDocument;
    if (document.strangers === true) return document;
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message.split('\n')[0]}; ${allowed}`);
  }
  throw new UsageError(`${file}: no exam of strangers; ${allowed}`);
}
