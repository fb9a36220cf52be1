import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(import.meta.url);

/** Is this the published package? There it is JavaScript, and several modules are one file (scripts/package.ts). */
export const PACKAGED = !HERE.endsWith('.ts');

/** The folder of the clone, or of the package: the next one up that has a package.json. */
export const PROJECT_ROOT = rootAbove(dirname(HERE));

/** Which resetlab this is. */
export function ownVersion(): string {
  return JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8')).version;
}

function rootAbove(folder: string): string {
  const up = dirname(folder);
  return up === folder || existsSync(join(folder, 'package.json')) ? folder : rootAbove(up);
}

/**
 * What a program of ours is called here: `gateway/main.ts` in a clone, `gateway/main.js` in the package. Every module that is started, not
 * imported, is named from the top, as in a clone: the package has the modules that are named like this.
 */
export function programName(module: string): string {
  return PACKAGED ? module.replace(/\.ts$/, '.js') : module;
}

/** Where it is. */
export function programAt(module: string): string {
  return join(PROJECT_ROOT, programName(module));
}
