import { hostWords } from '../../system/host.ts';
import type { Driver } from '../drivers/driver.ts';
import { RunFolder } from '../run/run-folder.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { SettingName } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { measurePoint } from './point.ts';
import type { Pace, Trial } from './search.ts';
import type { ThresholdPoint, ThresholdsDocument } from './threshold-document.ts';
import { FAILURE_TEXT, type Failure } from './user-trial.ts';

/** One value to measure at, with all settings of it checked. */
export interface Value {
  text: string;
  settings: ResolvedSettings;
  upTo: number;
  /** Where a law on the varied setting expects the threshold, as far as can be said before anything runs. */
  expected: number | undefined;
}

export interface ThresholdsOptions {
  vary: SettingName;
  values: readonly Value[];
  runtime: Runtime;
  driver: Driver;
  failure: Failure;
  /** Where run folders go; null: nothing is written. */
  runs: string | null;
  signal: AbortSignal;
  /** The page for the folder; without it none is written. */
  page?: (document: ThresholdsDocument) => string;
  onTrial?: (index: number, trial: Trial, pace: Pace) => void;
  onPoint?: (index: number, point: ThresholdPoint) => void;
}

/** The thresholds at all values. Interrupted, it keeps the points that it has. */
export async function measureThresholds(options: ThresholdsOptions): Promise<ThresholdsDocument> {
  const { vary, values, runtime, driver, failure, runs, signal } = options;
  const asked = values[0]?.settings.values;
  const name = `threshold-${vary.replaceAll('_', '-')}`;
  const manifest = {
    name,
    runtime: runtime.name,
    driver: driver.name,
    values: values.map(({ text }) => text),
  };
  const folder = runs === null ? null : new RunFolder(runs, name, { ...manifest, asked });
  const document: ThresholdsDocument = {
    schema: 1,
    vary,
    complete: false,
    host: hostWords(),
    runtime: runtime.name,
    driver: driver.name,
    seed: asked?.seed ?? 0,
    failure: FAILURE_TEXT[failure],
    points: [],
    path: folder?.path ?? null,
  };
  const save = () => folder?.write('threshold.json', document);
  for (const [index, { text, settings, upTo, expected }] of values.entries()) {
    if (signal.aborted) break;
    const point = await measurePoint({
      value: text,
      settings,
      upTo,
      expected,
      runtime,
      driver,
      failure,
      signal,
      onTrial: (trial, pace) => options.onTrial?.(index, trial, pace),
    }).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      save();
      throw error;
    });
    if (point === undefined) break;
    document.points.push(point);
    options.onPoint?.(index, point);
    save();
  }
  document.complete = document.points.length === values.length;
  save();
  if (options.page) folder?.write('report.html', options.page(document));
  folder?.writeManifest({ complete: document.complete, ...manifest, asked, host: document.host });
  return document;
}
