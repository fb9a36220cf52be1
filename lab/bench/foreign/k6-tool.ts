import { join } from 'node:path';
import { PATH } from '../../../protocol/betting.ts';
import { PROJECT_ROOT } from '../../runtimes/processes.ts';
import { type LoadResult, leftBy, type Target, type Tool } from './tool.ts';

/** What spares k6 work that nobody here asks it for. */
const SPARING = ['--quiet', '--no-color', '--no-usage-report', '--no-thresholds', '--address', ''];

/** k6 with robots/k6/bench.ts, so many sockets in a VU. */
export function k6Tool(path: string, sockets: number, { host, port, settings, folder }: Target): Tool {
  const report = join(folder, 'k6.json');
  return {
    command: [path, 'run', ...SPARING, '--summary-export', report, join(PROJECT_ROOT, 'robots/k6/bench.ts')],
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
