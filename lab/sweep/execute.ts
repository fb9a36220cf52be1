import { join } from 'node:path';
import { Debug } from '../../common/debug.ts';
import { defined } from '../../common/defined.ts';
import { lineOf } from '../../common/errors.ts';
import type { ProgressLine } from '../../protocol/fleet-events.ts';
import { hostWords } from '../../system/host.ts';
import type { Driver } from '../drivers/driver.ts';
import { runScenario, type ScenarioOptions } from '../run/scenario.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import type { PlannedCell } from './cells.ts';
import type { SweepFile } from './file.ts';
import { failedCell, ranCell, type SweepCell, type SweepDocument } from './sweep-document.ts';
import { CELLS, type Finished, writeDocument } from './sweep-folder.ts';

const debug = new Debug('sweep');

export interface ExecuteOptions extends Pick<ScenarioOptions, 'page'> {
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
  if (times.length === 0) return null;
  return (times.reduce((sum, time) => sum + time, 0) / times.length) * toRun;
}
