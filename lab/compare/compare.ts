import { defined } from '../../common/defined.ts';
import { CannotRunError } from '../../common/errors.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { readEvidence } from '../run/read-run-folder.ts';
import { makeReady } from '../run/ready.ts';
import { runScenario, type ScenarioOptions } from '../run/scenario.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import { LOCAL_RUNTIMES, type Runtime } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { ASSUMED_PACE, type Pace, paceOf } from './assumptions.ts';
import type { Column, System } from './comparison-document.ts';
import { measuredColumn } from './measured.ts';
import { predictedColumn } from './predicted.ts';
import type { Side } from './sides.ts';

/** How a system is measured here. */
export interface Means {
  runtime: Runtime;
  driver: Driver;
}

/** The kernel under a runtime: containers and namespaces are Linux wherever they are. Undefined for a host that is neither. */
export function systemUnder(runtime: string, platform: string = process.platform): System | undefined {
  if (runtime !== 'native' || platform === 'linux') return 'linux';
  return platform === 'darwin' ? 'macos' : undefined;
}

/**
 * How the wanted systems are measured here; one that is absent has to be predicted. Throws CannotRunError when the named runtime is
 * missing here or runs none of them, UsageError for settings that it cannot apply.
 */
export async function meansOf(
  wanted: readonly System[],
  settings: ResolvedSettings,
  { runtime: name, driver, signal }: { runtime: string; driver: Driver; signal?: AbortSignal },
): Promise<Partial<Record<System, Means>>> {
  if (wanted.length === 0) return {};
  const chosen = await pickRuntime(name, { names: LOCAL_RUNTIMES });
  // On a Mac the host is measured as well, beside containers.
  const candidates = name === 'auto' ? [chosen, await pickRuntime('native')] : [chosen];
  const means: Partial<Record<System, Means>> = {};
  for (const runtime of candidates) {
    const os = systemUnder(runtime.name);
    if (os === undefined || !wanted.includes(os) || means[os]) continue;
    await makeReady(settings, runtime, driver, signal);
    means[os] = { runtime, driver };
  }
  if (name !== 'auto' && Object.keys(means).length === 0) {
    const has = systemUnder(name) ?? process.platform;
    throw new CannotRunError(
      `--runtime ${name}: it measures ${has} here, not ${wanted.join(' or ')}; make a run there and give its folder, or leave --runtime out`,
    );
  }
  return means;
}

export interface ColumnsOptions extends Pick<ScenarioOptions, 'page'> {
  sides: readonly [Side, Side];
  settings: ResolvedSettings;
  /** Systems that this machine can run and that are to be measured. */
  means: Partial<Record<System, Means>>;
  /** Where the folders of the runs go. */
  runs: string;
  /** SYNs that the loopback's thread of macOS handles at once, where it was measured on a Mac: for its prediction. */
  synsAtOnce?: number | undefined;
  /** Pace for predictions, where no run of these columns gives one. */
  pace?: Pace | undefined;
  signal: AbortSignal;
  onMeasure?: (os: System, runtime: string, settings: ResolvedSettings) => void;
  onProgress?: (line: ProgressLine) => void;
}

/** Both columns, left and right: measured where possible, else predicted at the pace of the side that was measured. */
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
    measured.get(side) ??
    predictedColumn(side.name, side.os, settings, pace ?? ASSUMED_PACE, options.synsAtOnce);
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
  const [evidence] = readEvidence(path, document) as [Evidence];
  return { document, evidence, path };
}
