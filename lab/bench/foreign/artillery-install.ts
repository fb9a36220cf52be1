import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CannotRunError } from '../../../common/errors.ts';

/** Of 2026-08-16. */
const VERSION = '2.0.34';
const LONGEST_MS = 600_000;

/**
 * Where artillery is; installed from npm the first time, outside the work tree, and kept. Throws CannotRunError when it
 * cannot be had.
 */
export async function ensureArtillery(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'resetlab', `artillery-${VERSION}`);
  const path = join(folder, 'node_modules/artillery/bin/run');
  if (existsSync(path)) return path;
  process.stderr.write(`bench: installing artillery ${VERSION} in ${folder} (some minutes, once)\n`);
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  // Its dependencies' install scripts fetch a browser that nobody needs here.
  const args = [
    'install',
    '--prefix',
    part,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--loglevel=error',
  ];
  try {
    await promisify(execFile)('npm', [...args, `artillery@${VERSION}`], { cwd: part, timeout: LONGEST_MS });
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    const [line] = String((error as { stderr?: string }).stderr || error).split('\n');
    throw new CannotRunError(`--drivers artillery: npm cannot install artillery@${VERSION}: ${line}`);
  }
  return path;
}
