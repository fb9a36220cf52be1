import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { PROJECT_ROOT } from '../../../common/own-files.ts';

/** What a module loads before its first line runs. */
const IMPORT = /^(?:import|export)\s+(?!type\b)(?:[^'";]*?from\s+)?'(\.[^']+)'/gm;

/** Every module of ours that this one loads, directly or not, by path from the project's folder. */
function loadedBy(module: string, found = new Set<string>()): Set<string> {
  const path = relative(PROJECT_ROOT, module);
  if (found.has(path)) return found;
  found.add(path);
  for (const [, target] of readFileSync(module, 'utf8').matchAll(IMPORT))
    loadedBy(join(dirname(module), target as string), found);
  return found;
}

describe('what a part loads', () => {
  // The image of the stack holds these and nothing else (Dockerfile).
  for (const part of [
    'lab/program.ts',
    'gateway/start.ts',
    'robots/start.ts',
    'lab/evidence/linux/observer.ts',
  ]) {
    it(`${part}: only what is in the image`, () => {
      const modules = [...loadedBy(join(PROJECT_ROOT, part))];
      assert.ok(modules.length > 5, modules.join(', '));
      assert.deepEqual(
        modules.filter((path) => !/^(?:lab|gateway|robots|protocol|system|common)\//.test(path)),
        [],
      );
    });
  }
});
