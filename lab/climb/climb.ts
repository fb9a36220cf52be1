import { defined } from '../../common/defined.ts';
import { UsageError } from '../../common/errors.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { SETTINGS } from '../../protocol/settings.ts';
import { hostWords } from '../../system/host.ts';
import { highestNofile } from '../../system/machine-limits.ts';
import { memoryInfo } from '../../system/memory.ts';
import type { Fix } from '../causes/shared/cause.ts';
import type { Driver } from '../drivers/driver.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { type EffectiveSettings, effectiveSettings } from '../run/effective-settings.ts';
import { isWhole, type Judged, judgeEach } from '../run/judged.ts';
import { measureEach } from '../run/measure.ts';
import { sourcesSeen } from '../run/parts-document.ts';
import { RunFolder } from '../run/run-folder.ts';
import { withFix } from '../run/scenario.ts';
import { usersOfAll } from '../run/users-document.ts';
import { verdictDocument } from '../run/verdict-document.ts';
import { newLabel } from '../runtimes/label.ts';
import { type Runtime, spansMachines } from '../runtimes/runtime.ts';
import { checkMemory } from '../settings/memory.ts';
import type { SettingName } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { portsOfSource, sourcesOf } from '../settings/shares.ts';
import { checkTogether } from '../settings/together.ts';
import type { ClimbDocument, ClimbLoad, ClimbStep } from './climb-document.ts';
import { costsOf } from './costs.ts';
import { KernelGrowth } from './kernel-growth.ts';
import { type Met, rungOf, slowerUsers, type Top } from './ladder.ts';
import { atRestOf, metOf } from './met.ts';
import { expectedWall, nextLoad } from './next-load.ts';
import { paperOf } from './paper.ts';
import { hasRoom, isFilled, wallOf } from './wall.ts';

export interface ClimbOptions {
  /** Users to climb to. */
  to: number;
  /** Those to begin with; their number of users is not looked at. */
  settings: ResolvedSettings;
  runtime: Runtime;
  driver: Driver;
  /** Where run folders go; null: nothing is written. */
  runs: string | null;
  signal: AbortSignal;
  /** The highest nofile that a gateway is to have; absent: that of this machine. */
  nofile?: number;
  /** The page for the folder; without it none is written. */
  page?: (document: ClimbDocument) => string;
  onLoad?: (settings: ResolvedSettings) => void;
  onProgress?: (line: ProgressLine) => void;
  onStep?: (step: ClimbStep) => void;
}

/** Where the first wall of a climb is expected, at most; undefined: no law knows any. */
export function firstWall(settings: ResolvedSettings, runtime: Runtime) {
  return expectedWall(startOf(settings), hasOwnNamespace(runtime));
}

/** Throws UsageError or CannotRunError where the first load of a climb cannot be had here, and the reason of an abort. */
export async function checkClimb({ to, settings, runtime, driver, signal }: ClimbOptions): Promise<void> {
  const start = startOf(settings);
  const users = nextLoad(firstWall(settings, runtime)?.users, to);
  await checkLoad(withUsers(start, users), runtime, driver, signal);
  await driver.ready(runtime, signal);
  signal.throwIfAborted();
}

/**
 * Raises the load until something breaks, names it, applies the fix, and goes on: to so many users, or to the first wall that this machine
 * cannot move. Interrupted, it keeps what it has. Throws what a load throws; what was measured before it is in the folder.
 */
export async function climb(options: ClimbOptions): Promise<ClimbDocument> {
  const { to, runtime, driver, runs, signal } = options;
  const { values: asked } = options.settings;
  const manifest = { name: 'climb', runtime: runtime.name, driver: driver.name, to, asked };
  const folder = runs === null ? null : new RunFolder(runs, 'climb', manifest);
  const nofile = Math.min(options.nofile ?? highestNofile(), SETTINGS.nofile.max);
  const climber = new Climber(options, { to, nofile }, (number, judged) =>
    folder?.write(`verdict-${number}.json`, verdictDocument('climb', judged, null, folder.path)),
  );
  const documentNow = (): ClimbDocument => ({
    schema: 1,
    name: 'climb',
    complete: climber.end !== undefined,
    host: hostWords(),
    runtime: runtime.name,
    driver: driver.name,
    seed: asked.seed,
    to,
    steps: climber.steps,
    reached: Math.min(to, climber.mostOpen),
    end: climber.end ?? (signal.aborted ? 'interrupted' : 'not ended yet'),
    loads: climber.loads,
    paper: climber.paper(),
    path: folder?.path ?? null,
  });
  while (climber.end === undefined && !signal.aborted) {
    await climber.climbOn().catch((error: unknown) => {
      // What was cut short fails in its own way.
      if (!signal.aborted) throw error;
    });
    folder?.write('climb.json', documentNow());
  }
  const document = documentNow();
  folder?.write('climb.json', document);
  if (options.page) folder?.write('report.html', options.page(document));
  folder?.writeManifest({ complete: document.complete, ...manifest, host: document.host, path: folder.path });
  return document;
}

/** How often a wall is met, with nobody more open each time, before it counts as one that cannot be moved. */
const PATIENCE = 3;

/** What is left of a load when all that it measured is dropped. */
interface Told {
  load: ClimbLoad;
  settings: EffectiveSettings;
  atRest: number;
  met?: Met;
}

class Climber {
  readonly steps: ClimbStep[] = [];
  readonly loads: ClimbLoad[] = [];
  /** The most users that were open to the end of a load. */
  mostOpen = 0;
  /** Why it ended; undefined: it has not. */
  end: string | undefined;
  #settings: ResolvedSettings;
  /** Users of which a load has shown that no wall stands below them, under these settings. */
  #shown = 0;
  #atRest = 0;
  /** How often each wall was met since more users were open than ever before. */
  readonly #inVain = new Map<string, number>();
  readonly #top: Top;
  readonly #options: ClimbOptions;
  readonly #keep: (number: number, judged: Judged) => void;

  /** @param keep gets what each load showed, by its number from 1 */
  constructor(options: ClimbOptions, top: Top, keep: (number: number, judged: Judged) => void) {
    this.#options = options;
    this.#top = top;
    this.#keep = keep;
    this.#settings = startOf(options.settings);
    this.#settings = this.#next(this.#settings);
  }

  /** The next load, and what follows from it. */
  async climbOn(): Promise<void> {
    const { to, onStep } = this.#options;
    const before = this.mostOpen;
    const told = await this.#told();
    if (told === undefined) return;
    const { load, met } = told;
    this.#atRest = told.atRest;
    if (met === undefined || this.mostOpen > before) this.#inVain.clear();
    if (met === undefined) {
      this.#shown = load.users;
      if (load.users >= to) this.end = `all ${to} users open`;
      else this.#settings = this.#next(this.#settings);
      return;
    }
    this.#inVain.set(met.cause, (this.#inVain.get(met.cause) ?? 0) + 1);
    const fix = await this.#fixOf(met);
    const step: ClimbStep = {
      users: load.users,
      wall: met.cause,
      law: met.law,
      predicted: met.predicted,
      measured: met.measured,
      fix: fix?.change ?? null,
      settings: told.settings,
      wallMs: load.wallMs,
    };
    this.steps.push(step);
    onStep?.(step);
  }

  paper() {
    const { runtime, settings } = this.#options;
    const { first, last } = portsOfSource(settings, hasOwnNamespace(runtime));
    const seen = this.loads.some(({ kernelBytes }) => kernelBytes !== null);
    return paperOf(this.loads, {
      nofile: this.#top.nofile,
      atRest: this.#atRest,
      ports: last - first + 1,
      bytes: (seen ? memoryInfo()?.MemTotal : undefined) ?? null,
    });
  }

  /** The change that is tried next, already made; undefined, and the end said: nothing moves this wall here. */
  async #fixOf(met: Met): Promise<Fix | undefined> {
    const { runtime, driver, signal } = this.#options;
    if ((this.#inVain.get(met.cause) ?? 0) >= PATIENCE) {
      this.end = `${met.cause}: met ${PATIENCE} times, and no more users open`;
      return undefined;
    }
    const fix = rungOf(met, this.#settings.values, this.#top);
    if (fix === undefined) {
      this.end = `${met.cause}: nothing that this machine has moves it`;
      return undefined;
    }
    this.#shown = 0;
    const changed = this.#next(moved(this.#settings, fix));
    try {
      await checkLoad(changed, runtime, driver, signal);
    } catch (error) {
      if (signal.aborted) return fix;
      if (!(error instanceof UsageError)) throw error;
      this.end = `${met.cause}: ${error.message}`;
      return undefined;
    }
    this.#settings = changed;
    return fix;
  }

  /** These settings with the users of the next load. */
  #next(settings: ResolvedSettings): ResolvedSettings {
    const { runtime, to } = this.#options;
    const expected = expectedWall(settings, hasOwnNamespace(runtime), this.#atRest);
    return withUsers(settings, nextLoad(expected?.users, to, this.#shown));
  }

  /**
   * What a load shows; where the capacity that it met had room for more, since some users were not served in time, what it shows once they
   * come more slowly. Undefined: an interruption cut it short, and it shows nothing.
   */
  async #told(): Promise<Told | undefined> {
    const told = await this.#load(this.#settings);
    const { met } = told ?? {};
    const slower = met && hasRoom(met) ? slowerUsers(met, this.#settings.values) : undefined;
    if (slower === undefined) return told;
    const again = await this.#load(withFix(this.#settings, slower));
    return again === undefined || (again.met && isFilled(again.met)) ? again : told;
  }

  async #load(settings: ResolvedSettings): Promise<Told | undefined> {
    const { runtime, driver, signal, onLoad, onProgress } = this.#options;
    onLoad?.(settings);
    const kernel = new KernelGrowth();
    const from = performance.now();
    const evidences = await measureEach({
      runtime,
      driver,
      settings,
      label: newLabel(),
      ...defined({ signal }),
      onProgress(line) {
        kernel.watch(line);
        onProgress?.(line);
      },
      onBegin: (begun) => kernel.begin(begun),
    });
    if (signal.aborted) return undefined;
    const wallMs = Math.round(performance.now() - from);
    const judged = judgeEach(evidences);
    const wall = wallOf(judged);
    // What was ended before it was over shows nobody open to its end.
    const whole = isWhole(judged);
    const load: ClimbLoad = {
      users: settings.values.users,
      open: usersOfAll(judged).open,
      gateways: settings.values.gateways,
      sources: sourcesSeen(evidences),
      wallMs,
      ...(whole ? costsOf(evidences) : { userBytes: null, cpuMicros: null }),
      kernelBytes: whole ? kernel.bytes : null,
    };
    this.loads.push(load);
    if (whole) this.mostOpen = Math.max(this.mostOpen, load.open);
    this.#keep(this.loads.length, judged);
    return {
      load,
      settings: effectiveSettings(evidences[0] as Evidence),
      atRest: atRestOf(judged),
      ...defined({ met: wall && metOf(wall, judged, settings, load.sources) }),
    };
  }
}

/** One gateway is met from one address, unless somebody chose: its ports are a wall as well. Several have as many sources as they need. */
function startOf(settings: ResolvedSettings): ResolvedSettings {
  const { sources, gateways } = settings.values;
  if (sources !== undefined || gateways > 1) return settings;
  return { ...settings, values: { ...settings.values, sources: 1 } };
}

/**
 * With the fix, as if somebody had chosen it: a runtime refuses what it cannot take. Where it gives the one gateway others beside it, they
 * have as many sources as they need, unless those were chosen.
 */
function moved(settings: ResolvedSettings, fix: Fix): ResolvedSettings {
  const { values, explicit, where } = withFix(settings, fix);
  const names = Object.keys(fix.settings) as SettingName[];
  const { sources: _, ...free } = values;
  return {
    values: names.includes('gateways') && !explicit.has('sources') ? free : values,
    explicit: new Set([...explicit, ...names]),
    where: { ...where, ...Object.fromEntries(names.map((name) => [name, CLIMB])) },
  };
}

/** Throws UsageError where this load cannot be had here. Ports and descriptors are not looked at: they are walls to be met. */
async function checkLoad(
  settings: ResolvedSettings,
  runtime: Runtime,
  driver: Driver,
  signal: AbortSignal,
): Promise<void> {
  checkTogether(settings);
  if (!spansMachines(runtime.name)) checkMemory(settings, sourcesOf(settings, hasOwnNamespace(runtime)));
  driver.check(settings, hasOwnNamespace(runtime));
  await runtime.check(settings, signal);
  signal.throwIfAborted();
}

/** Where a setting comes from that nobody gave. */
const CLIMB = 'the climb';

function withUsers(settings: ResolvedSettings, users: number): ResolvedSettings {
  return {
    ...settings,
    values: { ...settings.values, users },
    where: { ...settings.where, users: CLIMB },
  };
}

const hasOwnNamespace = ({ name }: Runtime) => name !== 'native';
