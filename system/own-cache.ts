import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where we keep what takes long to make again: outside every work tree, this user's. */
export function ownCache(env: NodeJS.ProcessEnv = process.env): string {
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'resetlab');
}
