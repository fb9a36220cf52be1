import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CannotRunError } from '../../../common/errors.ts';
import { PROJECT_ROOT, programAt } from '../../../common/own-files.ts';
import { PATH } from '../../../protocol/betting.ts';
import { ownCache } from '../../../system/own-cache.ts';
import type { Settings } from '../../settings/schema.ts';

/** What became of the users of a load, whoever made it. */
export interface LoadResult {
  failed: number;
  /** From the first connect until all are open, ms. */
  settledMs: number;
  bets?: { placed: number; acked: number };
}

/** A load against a gateway. */
export interface Target {
  host: string;
  port: number;
  settings: Settings;
  /** A folder that is removed after the trial. */
  folder: string;
}

/** How to run a generator that is not ours, and how to read what it leaves. */
export interface Tool {
  command: string[];
  env: Record<string, string>;
  /** Throws CannotRunError when it left no report. */
  result(): LoadResult;
}

/** The text of the report that a generator left. Throws CannotRunError when there is none. */
function leftBy(tool: string, report: string): string {
  try {
    return readFileSync(report, 'utf8');
  } catch {
    throw new CannotRunError(`${tool}: left no report`);
  }
}

/** What spares k6 work that nobody here asks it for. */
const SPARING = ['--quiet', '--no-color', '--no-usage-report', '--no-thresholds', '--address', ''];

/** k6 with robots/k6/bench.ts, so many sockets in a VU. */
export function k6Tool(path: string, sockets: number, { host, port, settings, folder }: Target): Tool {
  const report = join(folder, 'k6.json');
  return {
    command: [path, 'run', ...SPARING, '--summary-export', report, programAt('robots/k6/bench.ts')],
    env: {
      TARGET: `ws://${host}:${port}${PATH}`,
      USERS: String(settings.users),
      SOCKETS: String(sockets),
      HOLD_MS: String(settings.hold_ms),
    },
    result: () => readSummary(leftBy('k6', report), settings.users),
  };
}

interface Summary {
  metrics: Record<string, { count?: number; max?: number } | undefined>;
}

/** Reads k6's --summary-export. A counter that nobody added to is not in it. */
export function readSummary(text: string, users: number): LoadResult {
  const { metrics } = JSON.parse(text) as Summary;
  const count = (name: string) => metrics[name]?.count ?? 0;
  return {
    // Only who saw the result of its round has lived a whole life.
    failed: users - count('left'),
    settledMs: metrics.opened_after?.max ?? Number.NaN,
    bets: { placed: count('bets_placed'), acked: count('bets_acked') },
  };
}

/** Of 2026-08-16. */
const VERSION = '2.0.34';
const LONGEST_MS = 600_000;

/**
 * Where artillery is; installed from npm the first time, outside the work tree, and kept. Throws CannotRunError when it
 * cannot be had.
 */
export async function ensureArtillery(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const folder = join(ownCache(env), `artillery-${VERSION}`);
  const path = join(folder, 'node_modules/artillery/bin/run');
  if (existsSync(path)) return path;
  process.stderr.write(`bench: installing artillery ${VERSION} in ${folder} (some minutes, once)\n`);
  const part = `${folder}.${process.pid}`;
  mkdirSync(part, { recursive: true });
  // Its dependencies' install scripts fetch a browser that nobody needs here.
  const args = ['--prefix', part, '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  try {
    await promisify(execFile)('npm', ['install', ...args, `artillery@${VERSION}`], {
      cwd: part,
      timeout: LONGEST_MS,
    });
    renameSync(part, folder);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    const [line] = String((error as { stderr?: string }).stderr || error).split('\n');
    throw new CannotRunError(`--drivers artillery: npm cannot install artillery@${VERSION}: ${line}`);
  }
  return path;
}

const LIFE = join(PROJECT_ROOT, 'lab/bench/foreign/artillery-life.mjs');

/** Artillery with one worker, as it takes on two cores; its users come over a second, the shortest phase that it has. */
export function artilleryTool(path: string, { host, port, settings, folder }: Target): Tool {
  const script = join(folder, 'script.json');
  const report = join(folder, 'artillery.json');
  const config = {
    target: `ws://${host}:${port}${PATH}`,
    phases: [{ duration: 1, arrivalCount: settings.users }],
    processor: LIFE,
  };
  const flow = [{ connect: { function: 'comes' } }, { function: 'plays' }];
  writeFileSync(script, JSON.stringify({ config, scenarios: [{ engine: 'ws', flow }] }));
  return {
    command: [process.execPath, path, 'run', '--quiet', '--output', report, script],
    env: { ARTILLERY_DISABLE_TELEMETRY: 'true', WORKERS: '1' },
    result: () => readReport(leftBy('artillery', report), settings.users),
  };
}

interface Report {
  aggregate: { counters: Record<string, number>; summaries: Record<string, { max: number }> };
}

/** Reads the file that artillery leaves with --output. A counter that nobody added to is not in it. */
export function readReport(text: string, users: number): LoadResult {
  const { counters, summaries } = (JSON.parse(text) as Report).aggregate;
  const count = (name: string) => counters[name] ?? 0;
  return {
    // It makes some users more than it is asked for: 1 % at 15000 in a second.
    failed: Math.max(users, count('vusers.created')) - count('vusers.completed'),
    settledMs: summaries.opened_after?.max ?? Number.NaN,
    bets: { placed: count('bets_placed'), acked: count('bets_acked') },
  };
}
