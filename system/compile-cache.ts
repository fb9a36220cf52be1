import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { PACKAGED, PROJECT_ROOT } from '../common/own-files.ts';
import { ownCache } from './own-cache.ts';

/**
 * Keeps what Node compiled of each module, for this process and those that get its environment: in a clone stripping the types of every
 * file takes half of a start. It is below node_modules there; of the package in this user's cache, since what npm has installed may be
 * another user's. Modules loaded before are not kept. Where the folder cannot be written, nothing is (node:
 * module.enableCompileCache reports, and does not throw).
 */
export function keepCompiled(): void {
  process.env.NODE_COMPILE_CACHE ??= PACKAGED
    ? join(ownCache(), 'compile')
    : join(PROJECT_ROOT, 'node_modules/.cache/compile');
  enableCompileCache(process.env.NODE_COMPILE_CACHE);
}
