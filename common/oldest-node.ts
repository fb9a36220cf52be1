import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGED, PROJECT_ROOT } from './own-files.ts';

/**
 * What is wrong with a Node of this version (as process.version) in one line, or undefined: by `engines.node` of
 * package.json, which has the form `>=24.3`. scripts/setup/node.mjs says the same of what npm's scripts get.
 */
export function tooOld(version: string): string | undefined {
  const { engines } = JSON.parse(readFileSync(join(PROJECT_ROOT, 'package.json'), 'utf8'));
  const [needMajor = 0, needMinor = 0] = engines.node.replace('>=', '').split('.').map(Number);
  const [major = 0, minor = 0] = version.replace('v', '').split('.').map(Number);
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return undefined;
  return `Node ${needMajor}.${needMinor} or newer is missing: this is ${version}; ${HOW_TO_GET}`;
}

const HOW_TO_GET = PACKAGED
  ? 'get it from https://nodejs.org'
  : 'npm run lab takes the one that the lab brings, or says how to get one';
