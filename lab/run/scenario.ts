import { defined } from '../../common/defined.ts';
import { lineOf } from '../../common/errors.ts';
import { sumOf } from '../../common/numbers.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { hostWords } from '../../system/host.ts';
import { highestNofile } from '../../system/machine-limits.ts';
import type { Cause, Fix } from '../causes/shared/cause.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Facts } from '../facts/facts.ts';
import { newLabel } from '../runtimes/label.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { type SettingName, settingsSchema } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { CAUSES } from '../verdict/registry.ts';
import { effectiveSettings } from './effective-settings.ts';
import type { EvidenceFiles } from './evidence-files.ts';
import type { TriedFix } from './fix-document.ts';
import { type Judged, judgeEach } from './judged.ts';
import { clocksOfAll } from './lost-parts.ts';
import { FORM } from './manifest.ts';
import { measureEach } from './measure.ts';
import { RunFolder } from './run-folder.ts';
import type { RunManifest } from './run-manifest.ts';
import { usersOfAll } from './users-document.ts';
import { type VerdictDocument, verdictDocument } from './verdict-document.ts';

export interface ScenarioOptions {
  name: string;
  runtime: Runtime;
  driver: Driver;
  settings: ResolvedSettings;
  /** Where run folders go; null: nothing is written. */
  runs: string | null;
  /** Run again with the first confirmed cause's fix. */
  fix: boolean;
  signal?: AbortSignal;
  /** Have the kernel trace the resets, where it can be had. */
  trace?: boolean;
  users?: (predicted: number) => number;
  /** Called at each step; `round` is `fault` or `fix`. */
  onStep?: (round: Step, settings: ResolvedSettings) => void;
  onProgress?: (line: ProgressLine, round: Step) => void;
  /** The page for the run's folder; without it none is written. */
  page?: (
    document: VerdictDocument,
    evidences: readonly Evidence[],
    fixed: readonly Evidence[] | undefined,
  ) => string;
  /** Called with what the run with the fix threw; its line stands in the document too. */
  onFixFailed?: (error: unknown) => void;
}

export type Step = 'fault' | 'fix';

/** A run from settings to verdict, with the fix tried when a cause is confirmed. Throws what the first run throws. */
export async function runScenario(options: ScenarioOptions): Promise<VerdictDocument> {
  const { name, settings, signal } = options;
  const folder = options.runs === null ? null : new RunFolder(options.runs, name, manifestOf(options));
  const path = folder?.path ?? null;
  const manifest: Partial<RunManifest> = { ...manifestOf(options), ...defined({ path: path ?? undefined }) };
  const say = (more: Partial<RunManifest>) => folder?.writeManifest(Object.assign(manifest, more));

  const judged = judgeEach(
    await execute(options, 'fault', settings, folder?.evidence(), (begun) => {
      const [first] = begun as readonly [Evidence];
      const { system } = first.observer.before ?? {};
      const { exclusive } = first;
      const asked = { ...first.asked, users: usersAsked(begun) };
      say(defined({ exclusive, asked, effective: effectiveSettings(first), system }));
    }),
  );
  const clocks = clocksOfAll(evidencesOf(judged));
  let document = verdictDocument(name, judged, null, path);
  folder?.write('verdict.json', document);

  let fixed: readonly Evidence[] | undefined;
  const fix = options.fix && !signal?.aborted ? fixOf(judged, settings) : undefined;
  if (fix) {
    const told = (tried: TriedFix) => verdictDocument(name, judged, tried, path);
    const changed = withFix(settings, fix);
    const trying = { tried: fix, asked: changed.values };
    say({ fix: trying });
    try {
      fixed = await execute(options, 'fix', changed, folder?.evidence('fix-'), (begun) => {
        trying.asked = { ...(begun[0] as Evidence).asked, users: usersAsked(begun) };
        say({});
      });
      document = told({ fix, users: usersOfAll(judgeEach(fixed)) });
    } catch (error) {
      // The cause is known all the same.
      fixed = undefined;
      const why = signal?.aborted ? 'interrupted' : lineOf(error);
      document = told({ fix, error: why });
      say({ fix: { ...trying, error: why } });
      options.onFixFailed?.(error);
    }
  }
  if (signal?.aborted) document.complete = false;
  folder?.write('verdict.json', document);
  if (options.page) folder?.write('report.html', options.page(document, evidencesOf(judged), fixed));
  say({ complete: document.complete, effective: document.settings, ...defined({ clocks }) });
  return document;
}

const usersAsked = (evidences: readonly Evidence[]) => sumOf(evidences, ({ asked }) => asked.users);
const evidencesOf = ({ gateways }: Judged) => gateways.map(({ evidence }) => evidence);

/** What is known before anything is started. */
function manifestOf({ name, runtime, driver, settings }: ScenarioOptions) {
  return {
    complete: false,
    form: FORM,
    kind: 'run',
    name,
    runtime: runtime.name,
    driver: driver.name,
    seed: settings.values.seed,
    asked: settings.values,
    host: hostWords(),
  } as const;
}

async function execute(
  options: ScenarioOptions,
  step: Step,
  settings: ResolvedSettings,
  files: EvidenceFiles | undefined,
  onBegin: (evidences: readonly Evidence[]) => void,
): Promise<Evidence[]> {
  options.onStep?.(step, settings);
  try {
    return await measureEach({
      runtime: options.runtime,
      driver: options.driver,
      settings,
      label: newLabel(),
      trace: options.trace ?? false,
      // A fix is shown by all users, or not at all.
      partial: step === 'fault',
      ...defined({ signal: options.signal, users: options.users, keep: files?.keepOf }),
      onProgress: (line) => options.onProgress?.(line, step),
      onBegin,
    });
  } finally {
    files?.end();
  }
}

/** What helps at every gateway: where they need different values of a setting, that of the last one that fails holds for all. */
export function fixOf({ gateways }: Judged, settings: ResolvedSettings): Fix | undefined {
  const fixes = gateways
    .toSorted((a, b) => a.facts.failed.length - b.facts.failed.length)
    .flatMap(
      ({ evidence, facts, verdicts }) =>
        chooseFix(facts, verdicts, { ...settings, values: evidence.asked }) ?? [],
    );
  const last = fixes.at(-1);
  if (last === undefined || gateways.length === 1) return last;
  return { change: last.change, settings: Object.assign({}, ...fixes.map((fix) => fix.settings)) };
}

/** The fixes of all confirmed causes together, of two for one setting that of the cause that explains more; undefined when there is none. */
export function chooseFix(
  facts: Facts,
  verdicts: readonly Verdict[],
  settings: ResolvedSettings,
): Fix | undefined {
  const fixes = verdicts
    .filter(({ verdict, explains }) => verdict === 'confirmed' && explains > 0)
    .sort((a, b) => b.explains - a.explains)
    .flatMap(({ cause }) => {
      const owner: Cause | undefined = CAUSES.find(({ id }) => id === cause);
      return owner?.fix?.(facts, settings.values, highestNofile()) ?? [];
    });
  if (fixes.length === 0) return undefined;
  const changes = new Set(fixes.map(({ change }) => change));
  return {
    change: [...changes].join('; '),
    settings: Object.assign({}, ...fixes.reverse().map((fix) => fix.settings)),
  };
}

/** The same settings with a fix applied, its values read as any others. */
export function withFix(settings: ResolvedSettings, fix: Fix): ResolvedSettings {
  const changed = Object.entries(fix.settings).map(([name, value]) => [
    name,
    settingsSchema.shape[name as SettingName].parse(value),
  ]);
  return { ...settings, values: { ...settings.values, ...Object.fromEntries(changed) } };
}
