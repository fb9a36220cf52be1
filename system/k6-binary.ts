import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { PACKAGED } from '../common/own-files.ts';
import { K6_VERSION } from './k6-version.ts';
import { ownCache } from './own-cache.ts';

/** The scripts use k6/websockets and TypeScript as k6 2 has them. */
const OLDEST = 2;

/** Where `npm run k6` keeps the one that it builds: outside the work tree, for every clone on this machine. */
export function cachedK6(env: NodeJS.ProcessEnv = process.env): string {
  return join(ownCache(env), `k6-${K6_VERSION}`, 'k6');
}

/** A k6 that can be used, or why there is none and how to get it. */
export type FoundK6 = { path: string; version: string } | { reason: string };

/** Looks for k6: K6 in the environment, then PATH, then what `npm run k6` has built. */
export function findK6(env: NodeJS.ProcessEnv = process.env): FoundK6 {
  if (env.K6) {
    const version = versionOf(env.K6);
    return version === undefined || isOld(version)
      ? {
          reason: `K6=${env.K6} is ${version === undefined ? 'no k6' : `k6 ${version}`}; allowed: a k6 from ${OLDEST}.0 on`,
        }
      : { path: env.K6, version };
  }
  const inPath = (env.PATH ?? '').split(delimiter).flatMap((folder) => (folder ? [join(folder, 'k6')] : []));
  for (const path of [...inPath, cachedK6(env)]) {
    const version = versionOf(path);
    if (version !== undefined && !isOld(version)) return { path, version };
  }
  return {
    reason: `no k6 from ${OLDEST}.0 on in PATH; get it ${PACKAGED ? '' : 'with: npm run k6 (builds it; needs Go), or '}from https://grafana.com/docs/k6/latest/set-up/install-k6/, or name it: K6=/path/to/k6`,
  };
}

function isOld(version: string): boolean {
  return Number(version.split('.')[0]) < OLDEST;
}

/** The version of the k6 at that path; undefined when it is none. */
function versionOf(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    const said = execFileSync(path, ['version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 10_000,
    });
    return /^k6 v(\d+\.\d+\.\d+)/.exec(said)?.[1];
  } catch {
    return undefined;
  }
}
