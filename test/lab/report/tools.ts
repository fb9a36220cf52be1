import { ASSUMED_PACE } from '../../../lab/compare/assumptions.ts';
import type { CompareDocument } from '../../../lab/compare/comparison-document.ts';
import { differencesOf } from '../../../lab/compare/differences.ts';
import { predictedColumn } from '../../../lab/compare/predicted.ts';
import { robots } from '../../../lab/drivers/robots-driver.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { reportHtml } from '../../../lab/report/pages.ts';
import { readEvidence, readFixed } from '../../../lab/run/read-run-folder.ts';
import { runScenario } from '../../../lab/run/scenario.ts';
import type { VerdictDocument } from '../../../lab/run/verdict-document.ts';
import { native } from '../../../lab/runtimes/native.ts';
import { netns } from '../../../lab/runtimes/netns.ts';
import { fromFlags, resolveSettings } from '../../../lab/settings/setting-sources.ts';
import type { SweepCell, SweepDocument } from '../../../lab/sweep/sweep-document.ts';
import type { ThresholdPoint, ThresholdsDocument } from '../../../lab/threshold/threshold-document.ts';

const HOST = { os: 'linux', kernel: '6.1.0', node: 'v24.0.0' };

/** A small real run with its fix, in a folder under `runs`. */
export async function smallRun(runs: string): Promise<VerdictDocument & { path: string }> {
  const settings = resolveSettings([fromFlags(['nofile=256', 'users=300', 'rounds=1', 'round_ms=500'])]);
  const runtime = (await netns.missing()) === undefined ? netns : native;
  const document = await runScenario({
    name: 'report',
    runtime,
    driver: robots,
    settings,
    runs,
    fix: true,
    page: reportHtml,
  });
  return { ...document, path: document.path as string };
}

/** What such a run left of its evidence. */
export function evidenceOf(document: VerdictDocument & { path: string }): {
  evidence: Evidence;
  fixed: Evidence | undefined;
} {
  const [evidence] = readEvidence(document.path, document) as [Evidence];
  return { evidence, fixed: readFixed(document.path, document)?.[0] };
}

/** A threshold document with a point for each value; the last is off by two. */
export function thresholds(values: readonly string[], vary = 'nofile'): ThresholdsDocument {
  const points = values.map((value, index): ThresholdPoint => {
    const predicted = 40 * 2 ** index;
    const error = index === values.length - 1 ? -2 : 0;
    return {
      value,
      measured: predicted + error,
      predicted,
      error,
      law: 'nofile - descriptors at rest numbered below nofile',
      limitedBy: 'descriptors',
      atLeast: false,
      limit: 'capacity',
      method: 'ramp',
      failsAt: predicted + error + 1,
      runs: 1,
      trials: [],
      settings: { [vary]: value, backlog: 511 },
    };
  });
  return {
    schema: 1,
    vary,
    complete: true,
    host: HOST,
    runtime: 'netns',
    driver: 'robots',
    seed: 1,
    failure: 'a user that is not open at the end',
    points,
    path: null,
  };
}

/** A sweep of nofile × betting around a real run, one cell of which could not run. */
export function sweep(run: VerdictDocument & { path: string }, path: string): SweepDocument {
  const cells = [64, 128, 256].flatMap((nofile) =>
    ['herd', 'paced'].map((betting): SweepCell => {
      const open = Math.min(200, nofile - 24);
      const ran = nofile > 64 || betting === 'herd';
      return {
        id: `${nofile}-${betting}`,
        varies: { nofile, betting },
        settings: { nofile },
        users: { asked: 200, open, failed: 200 - open, by: [] },
        runtime: 'netns',
        verdict: ran ? run : null,
        causes: ran && open < 200 ? ['fd-exhaustion'] : [],
        error: ran ? null : 'robots: no result',
        expected: { says: `${200 - open} failed`, met: ran },
        wallMs: 1500,
      };
    }),
  );
  return { schema: 1, name: 'limits', complete: true, host: HOST, cells, path };
}

/** A comparison of two predictions, with a grid of one point. */
export function comparison(): CompareDocument {
  const settings = resolveSettings([fromFlags(['users=600', 'nofile=256'])]);
  const linux = predictedColumn('linux', 'linux', settings, ASSUMED_PACE);
  const macos = predictedColumn('macos', 'macos', settings, ASSUMED_PACE);
  const pair = { columns: [linux, macos], differences: differencesOf(linux, macos) };
  const grid = [{ nofile: 256, backlog: 511, ramp: '0', ...pair }];
  return { schema: 1, complete: true, host: HOST, seed: 1, ...pair, grid, path: null };
}
