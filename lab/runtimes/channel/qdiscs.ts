import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { commandEnv } from '../../../system/host.ts';

const PATIENCE_MS = 10_000;

/** What delays each interface of this network namespace: netem or tbf at its root (docker/delay.sh). None where there is no tc. */
export async function qdiscsInPlace(): Promise<Record<string, string>> {
  const { stdout } = await promisify(execFile)('tc', ['qdisc', 'show'], {
    timeout: PATIENCE_MS,
    env: commandEnv(),
  }).catch(() => ({ stdout: '' }));
  return parseQdiscs(stdout);
}

/** The same of what tc(8) prints. */
export function parseQdiscs(listing: string): Record<string, string> {
  const roots = listing.matchAll(/^qdisc (netem|tbf) \S+ dev (\S+) root/gm);
  return Object.fromEntries(Array.from(roots, ([, qdisc = '', device = '']) => [device, qdisc]));
}
