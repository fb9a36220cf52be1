import { defined } from '../../common/defined.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { readEvidence } from '../run/read-run-folder.ts';
import { runScenario, type ScenarioOptions } from '../run/scenario.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { ASSUMED_PACE, type Pace, paceOf } from './assumptions.ts';
import type { Column, System } from './comparison-document.ts';
import type { Means } from './how-measured.ts';
import { measuredColumn } from './measured.ts';
import { predictedColumn } from './predicted.ts';
import type { Side } from './sides.ts';

export interface ColumnsOptions extends Pick<ScenarioOptions, 'page'> {
  sides: readonly [Side, Side];
  settings: ResolvedSettings;
  /** Systems that this machine can run, as far as they are to be measured. */
  means: Partial<Record<System, Means>>;
  /** Where the folders of the runs go. */
  runs: string;
  /** Pace for predictions, where no run of these columns gives one. */
  pace?: Pace | undefined;
  signal: AbortSignal;
  onMeasure?: (os: System, runtime: string, settings: ResolvedSettings) => void;
  onProgress?: (line: ProgressLine) => void;
}

/** Both columns, left and right: what can be measured is, and what cannot is predicted at the pace of what was. */
export async function columnsOf(
  options: ColumnsOptions,
): Promise<{ columns: [Column, Column]; pace: Pace | undefined }> {
  const { sides, settings, means } = options;
  const measured = new Map<Side, Column>();
  let { pace } = options;
  for (const side of sides) {
    const { name, os, run } = side;
    const here = means[os];
    const done = run ?? (here && (await measureSide(os, here, options)));
    if (done === undefined) continue;
    measured.set(side, measuredColumn(name, done));
    pace = paceOf(done.evidence, done.path) ?? pace;
  }
  const column = (side: Side) =>
    measured.get(side) ?? predictedColumn(side.name, side.os, settings, pace ?? ASSUMED_PACE);
  return { columns: [column(sides[0]), column(sides[1])], pace };
}

async function measureSide(os: System, { runtime, driver }: Means, options: ColumnsOptions) {
  const { settings, runs, signal, page, onProgress } = options;
  options.onMeasure?.(os, runtime.name, settings);
  const document = await runScenario({
    name: os,
    runtime,
    driver,
    settings,
    runs,
    fix: false,
    signal,
    ...defined({ page, onProgress }),
  });
  const path = document.path as string;
  return { document, evidence: readEvidence(path, document), path };
}
