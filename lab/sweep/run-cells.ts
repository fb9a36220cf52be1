import { join } from 'node:path';
import { Debug } from '../../common/debug.ts';
import { defined } from '../../common/defined.ts';
import { CannotRunError, foreseen, lineOf, messageOf, UsageError } from '../../common/errors.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { hostWords } from '../../system/host.ts';
import type { Driver } from '../drivers/driver.ts';
import { runScenario, type ScenarioOptions } from '../run/scenario.ts';
import { pickRuntime } from '../runtimes/pick-runtime.ts';
import { type Runtime, spansMachines } from '../runtimes/runtime.ts';
import { checkCapacity } from '../settings/capacity.ts';
import { checkTogether } from '../settings/together.ts';
import type { PlannedCell } from './cells.ts';
import { failedCell, ranCell, type SweepCell, type SweepDocument } from './sweep-document.ts';
import type { SweepFile } from './sweep-file.ts';
import { CELLS, type Finished, writeDocument } from './sweep-folder.ts';

const debug = new Debug('sweep');

/** A runtime that is here, or why it is not. */
type Found = { runtime: Runtime } | { error: string };

/** The runtimes of those names, each looked for once. Throws UsageError for an unknown name. */
export async function findRuntimes(names: Iterable<string>): Promise<Map<string, Found>> {
  const found = new Map<string, Found>();
  for (const name of new Set(names)) {
    try {
      found.set(name, { runtime: await pickRuntime(name) });
    } catch (error) {
      if (!(error instanceof CannotRunError)) throw error;
      found.set(name, { error: messageOf(error).replace(/^--runtime /, 'runtime ') });
    }
  }
  return found;
}

/**
 * Checks every cell as `run` checks its settings, before the first one runs. Gives, for cells that this machine cannot
 * run, why. Throws UsageError for settings that nobody could run as they are.
 */
export async function checkCells(
  cells: readonly PlannedCell[],
  runtimes: ReadonlyMap<string, Found>,
  driver: Driver,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const errors = new Map<string, string>();
  for (const { id, runtime: name, settings } of cells) {
    if (signal.aborted) return errors;
    const found = runtimes.get(name);
    if (found === undefined || 'error' in found) {
      errors.set(id, found?.error ?? `no runtime ${name}`);
      continue;
    }
    driver.refuse?.(found.runtime.name);
    checkTogether(settings);
    checkCapacity(settings, name !== 'native', { elsewhere: spansMachines(name) });
    driver.check(settings, name !== 'native');
    try {
      await found.runtime.check(settings, signal);
      await driver.ready(found.runtime, signal);
    } catch (error) {
      if (signal.aborted) return errors;
      const known = foreseen(error);
      if (known === undefined || known instanceof UsageError) throw error;
      errors.set(id, known.message);
    }
  }
  return errors;
}

interface ExecuteOptions extends Pick<ScenarioOptions, 'page'> {
  file: SweepFile;
  cells: readonly PlannedCell[];
  folder: string;
  driver: Driver;
  /** Have the kernel trace the resets, where it can be had. */
  trace: boolean;
  /** The runtime of that name; asked for cells without an error alone. */
  runtimeOf: (name: string) => Runtime;
  /** Cells that this machine cannot run, and why. */
  errors: ReadonlyMap<string, string>;
  /** Cells that have run already. */
  finished: ReadonlyMap<string, Finished>;
  signal: AbortSignal;
  onCell: (number: number, cell: PlannedCell, leftMs: number | null) => void;
  onProgress: (line: ProgressLine) => void;
  /** Called with what stopped a cell; its line stands in the document too. */
  onCellFailed?: (error: unknown) => void;
}

/** Runs the cells one after the other. On an abort the document holds those that have ended. */
export async function executeSweep(options: ExecuteOptions): Promise<SweepDocument> {
  const { file, cells, errors, finished, signal } = options;
  const document: SweepDocument = {
    schema: 1,
    name: file.name,
    about: file.about,
    file: file.path,
    startedAt: new Date().toISOString(),
    total: cells.length,
    complete: false,
    host: hostWords(),
    cells: [],
    path: options.folder,
  };
  writeDocument(document);
  const times = [...finished.values()].map(({ wallMs }) => wallMs);
  let toRun = cells.filter(({ id }) => !finished.has(id) && !errors.has(id)).length;
  for (const [index, cell] of cells.entries()) {
    const done = finished.get(cell.id);
    const error = errors.get(cell.id);
    if (done) document.cells.push(ranCell(cell, done.verdict, done.wallMs));
    else if (error !== undefined) document.cells.push(failedCell(cell, error, 0));
    else if (!signal.aborted) {
      options.onCell(index + 1, cell, timeLeft(times, toRun));
      const ended = await runCell(cell, options);
      if (ended) document.cells.push(ended);
      if (ended?.verdict) times.push(ended.wallMs);
      toRun -= 1;
      writeDocument(document);
    }
  }
  document.complete = document.cells.length === cells.length;
  return document;
}

/** Undefined when it was interrupted: then it is run again by a later `--resume`. */
async function runCell(
  cell: PlannedCell,
  { folder, driver, trace, signal, runtimeOf, page, onProgress, onCellFailed }: ExecuteOptions,
): Promise<SweepCell | undefined> {
  const began = performance.now();
  const wallMs = () => Math.round(performance.now() - began);
  try {
    const running = runScenario({
      name: cell.slug,
      runtime: runtimeOf(cell.runtime),
      driver,
      settings: cell.settings,
      runs: join(folder, CELLS),
      fix: false,
      trace,
      signal,
      ...defined({ page }),
      onProgress,
    });
    const verdict = await debug.wait(`the cell ${cell.id}`, running);
    return signal.aborted ? undefined : ranCell(cell, verdict, wallMs());
  } catch (error) {
    // Whatever stops one cell, the others may still tell something.
    onCellFailed?.(error);
    return signal.aborted ? undefined : failedCell(cell, lineOf(error), wallMs());
  }
}

/** From the cells that have run, ms; null before the first one. */
function timeLeft(times: readonly number[], toRun: number): number | null {
  return times.length === 0 ? null : (times.reduce((sum, time) => sum + time, 0) / times.length) * toRun;
}
