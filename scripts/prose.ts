/**
 * `node scripts/prose.ts [FILE…]`: holds the prose of our pages, or of these files, to the rules of docs/testing.md. A line for each place
 * that breaks one. Exit code 1 when there is any, 2 for a file that cannot be read.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../common/errors.ts';
import { count } from '../common/format.ts';
import { tell } from '../common/tell.ts';
import { lint } from './prose/lint.ts';

const ROOT = join(import.meta.dirname, '..');

process.on('uncaughtException', (error) => process.exit(tell(error, 'prose')));
const given = process.argv.slice(2);
const pages = given.length > 0 ? given : ours();
let found = 0;
for (const page of pages) {
  for (const { line, column, rule, message } of await lint(page, read(page))) {
    console.log(`${page}:${line}:${column}  ${message}  [${rule}]`);
    found += 1;
  }
}
console.log(`prose: ${count(pages.length, 'page')}, ${found} to fix`);
process.exitCode = found > 0 ? 1 : 0;

function ours(): string[] {
  process.chdir(ROOT);
  return globSync(['*.md', 'docs/**/*.md', 'lab/causes/*.md']).sort();
}

function read(page: string): string {
  try {
    return readFileSync(page, 'utf8');
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; allowed: pages of Markdown`);
  }
}
