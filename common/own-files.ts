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
 * What a program of ours is called here: main.ts in a clone is main.js in the package. Every module that is started, not imported, is named
 * from the top with its ending in a clone, in quotes: the package has those that are named like this as files of their own.
 */
export function programName(module: string): string {
  return PACKAGED ? module.replace(/\.ts$/, '.js') : module;
}

/** Where it is. */
export function programAt(module: string): string {
  return join(PROJECT_ROOT, programName(module));
}
