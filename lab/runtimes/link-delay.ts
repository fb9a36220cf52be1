import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CannotRunError, type UsageError } from '../../common/errors.ts';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { refused } from '../settings/refused.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import type { LinkQdisc } from './runtime.ts';

/** The script that makes the delay on every runtime; the second path is that in the image. */
export const DELAY_SCRIPT = 'docker/delay.sh';

const run = promisify(execFile);
const PATIENCE_MS = 10_000;

/**
 * Delays what leaves by `device` in the network namespace that `prefix` enters. Throws CannotRunError with tc's own
 * words.
 */
export async function delayLocally(
  prefix: readonly string[],
  device: string,
  ms: number,
): Promise<LinkQdisc> {
  const argv = [...prefix, '/bin/sh', join(PROJECT_ROOT, DELAY_SCRIPT), device, String(ms)];
  try {
    const { stdout } = await run(argv[0] as string, argv.slice(1), { timeout: PATIENCE_MS });
    return parseQdisc(stdout);
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new CannotRunError(`link delay: ${firstLine(stderr) || message}`);
  }
}

/** The word of the script. Throws CannotRunError for any other. */
export function parseQdisc(said: string): LinkQdisc {
  const word = said.trim();
  if (word === 'netem' || word === 'tbf') return word;
  throw new CannotRunError(`link delay: ${firstLine(said) || 'tc said nothing'}`);
}

/** The one line for a delay that cannot be made. */
export function refusedDelay(settings: ResolvedSettings, why: string, allowed: string): UsageError {
  return refused(settings, 'link_delay_ms', `${why}; allowed: 0${allowed}`);
}

/** Of several lines the first. */
export function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
