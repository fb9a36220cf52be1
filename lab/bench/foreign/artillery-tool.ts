import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PATH } from '../../../protocol/betting.ts';
import { type LoadResult, leftBy, type Target, type Tool } from './tool.ts';

const LIFE = fileURLToPath(new URL('./artillery-life.mjs', import.meta.url));

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
