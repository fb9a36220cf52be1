import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../../fixtures/darwin');

/** The text of a fixture; how each was made stands in the README beside them. */
export function fixture(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}
