import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_ROOT } from '../../../../common/own-files.ts';
import { lastLine, run } from '../../../../common/run-command.ts';
import { cachedK6, findK6 } from '../../../../system/k6-binary.ts';
import { K6_VERSION } from '../../../../system/k6-version.ts';

/** A go.mod with nothing but k6 as its tool, and the hashes of all that it is made of. */
const SOURCE = join(PROJECT_ROOT, 'tools/k6');
const PACKAGE = 'go.k6.io/k6/v2';
const LONGEST_MS = 900_000;

/** Where k6 is, or why there is none and how to get it. */
export type K6 = { path: string; version: string } | { reason: string };

/**
 * Makes k6 available: the one that is there, or one built from its pinned Go modules and kept for the next time. Never
 * throws. Progress goes to stderr.
 */
export async function ensureK6(signal?: AbortSignal): Promise<K6> {
  const found = findK6();
  if ('path' in found || process.env.K6) return found;
  const failed = await build(cachedK6(), signal);
  return failed === undefined ? findK6() : { reason: `${found.reason}; ${failed}` };
}

/** Builds k6 as `path`, all of it or nothing. Gives the reason when it failed. */
async function build(path: string, signal?: AbortSignal): Promise<string | undefined> {
  if (!existsSync(SOURCE)) return 'it is built in a clone of resetlab alone';
  const go = await run('go', ['version'], { timeoutMs: 10_000 });
  if (go.code === 127) return 'Go is not installed, which builds it';
  process.stderr.write(
    `k6: building ${K6_VERSION} from its Go modules as ${path} (some minutes the first time)\n`,
  );
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  // Whatever runs beside it comes first.
  const args = [
    '-n',
    '10',
    'go',
    'build',
    '-mod=readonly',
    '-trimpath',
    '-ldflags',
    '-s -w',
    '-o',
    part,
    PACKAGE,
  ];
  // Static, so that it also runs in a container of another libc.
  const env = { ...process.env, CGO_ENABLED: '0' };
  const built = await run('nice', args, { cwd: SOURCE, timeoutMs: LONGEST_MS, env, signal });
  if (built.code !== 0) return `go build in tools/k6 failed: ${lastLine(built)}`;
  renameSync(part, path);
  return undefined;
}
