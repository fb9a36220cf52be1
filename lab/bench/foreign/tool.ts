import { readFileSync } from 'node:fs';
import { CannotRunError } from '../../../common/errors.ts';
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
export function leftBy(tool: string, report: string): string {
  try {
    return readFileSync(report, 'utf8');
  } catch {
    throw new CannotRunError(`${tool}: left no report`);
  }
}
