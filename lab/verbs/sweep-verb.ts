import { join } from 'node:path';
import type { Command } from 'commander';
import { LAB, NAME, pageWords } from '../../common/called.ts';
import { UsageError } from '../../common/errors.ts';
import { fromHere } from '../../common/format.ts';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { shellWord } from '../../common/shell-word.ts';
import { Faults } from '../../common/tell.ts';
import { reportHtml, sweepHtml } from '../report/pages.ts';
import { Progress } from '../report/progress.ts';
import { OWN_RUNS } from '../run/run-folder.ts';
import { RUN_NAMES } from '../run/run-measured.ts';
import type { Runtime } from '../runtimes/runtime.ts';
import { planCells } from '../sweep/cells.ts';
import { sweepJunit } from '../sweep/junit.ts';
import { answerOfSweep, listCells, stepText, sweepCsv, sweepText } from '../sweep/print-sweep.ts';
import { checkCells, executeSweep, findRuntimes } from '../sweep/run-cells.ts';
import { exitCodeOf, type SweepDocument } from '../sweep/sweep-document.ts';
import { onRuntime, readSweepFile } from '../sweep/sweep-file.ts';
import {
  type Finished,
  finishedCells,
  makeSweepFolder,
  resumeFolder,
  writeAll,
} from '../sweep/sweep-folder.ts';
import { measuredOfSweep } from '../sweep/sweep-measured.ts';
import { type Answering, answering, type ExpectFlags, finish, withExpectFlags } from './expect-options.ts';
import { JSON_ONLY } from './option-words.ts';
import { folder } from './parse-values.ts';
import { driverOf, type TraceFlags, traceOf, withTraceFlag } from './shared-options.ts';
import { codeUnlessInterrupted, ends, interruptible } from './verb-ending.ts';

const SWEEP: Answering<SweepDocument> = {
  verb: 'sweep',
  names: RUN_NAMES,
  measure: measuredOfSweep,
  answer: answerOfSweep,
  markdown: async (document) => (await import('../report/markdowns.ts')).sweepMarkdown(document),
  junit: sweepJunit,
};

interface SweepFlags extends TraceFlags, ExpectFlags {
  resume?: string | true;
  runtime?: string;
  driver: string;
  runs: string;
  dryRun?: boolean;
  json?: boolean;
  csv?: boolean;
}

/** `sweep FILE`: every combination of a file's settings, loads and runtimes, one run each. */
export function sweepVerb(program: Command): void {
  const command = program
    .command('sweep')
    .description(
      `run a matrix of settings, loads and runtimes from a YAML file (see ${pageWords('docs/sweep.md')})`,
    )
    .argument('<file>', `e.g. ${fromHere(join(PROJECT_ROOT, 'lab/sweeps/smoke.yaml'))}`)
    .option('--resume [folder]', 'go on in this folder, or in the newest unfinished one of this sweep')
    .option('--runtime <name>', "auto, docker, netns, native or swarm, in place of the file's runtimes")
    .option('--driver <name>', 'the load generator: robots or k6', process.env.DRIVER || 'robots')
    .option('--dry-run', 'check the file and list its cells, but run nothing')
    .option('--runs <folder>', 'where run folders go', folder, OWN_RUNS)
    .option('--csv', 'print CSV on stdout, and nothing else')
    .option('--json', JSON_ONLY);
  withExpectFlags(withTraceFlag(command), SWEEP).action(ends(answering(SWEEP, sweep)));
}

async function sweep(path: string, flags: SweepFlags): Promise<number> {
  if (flags.json && flags.csv) throw new UsageError('--json and --csv together: allowed: one of them');
  const driver = driverOf(flags);
  const trace = traceOf(flags);
  const read = readSweepFile(path);
  const file = flags.runtime === undefined ? read : onRuntime(read, flags.runtime, '--runtime');
  const folder = flags.resume === undefined ? undefined : resumeFolder(flags.runs, file.name, flags.resume);
  const runtimes = await findRuntimes([
    ...file.runtimes,
    ...file.include.flatMap(({ runtime }) => runtime ?? []),
  ]);
  const found = (name: string): Runtime | undefined => {
    const one = runtimes.get(name);
    return one && 'runtime' in one ? one.runtime : undefined;
  };
  const cells = planCells(file, (name) => found(name)?.name ?? name);
  for (const one of [...runtimes.values()]) if ('runtime' in one) runtimes.set(one.runtime.name, one);
  const finished: ReadonlyMap<string, Finished> =
    folder === undefined ? new Map() : finishedCells(folder, cells, driver.name);

  const signal = interruptible();
  const left = cells.filter(({ id }) => !finished.has(id));
  const errors = await checkCells(left, runtimes, driver, signal);
  if (flags.dryRun) return listCells(cells, errors);

  const progress = new Progress();
  const faults = new Faults();
  progress.step(`sweep: ${file.name}: ${cells.length} cells, ${finished.size} of them finished before`);
  const document = await executeSweep({
    file,
    cells,
    folder: folder ?? makeSweepFolder(flags.runs, file.name, path),
    driver,
    trace,
    runtimeOf: (name) => found(name) as Runtime,
    errors,
    finished,
    signal,
    onCell: (number, cell, leftMs) => progress.step(stepText(number, cells.length, cell, leftMs)),
    onProgress: (line) => progress.show(line),
    page: reportHtml,
    onCellFailed: faults.note,
  });
  progress.end();
  writeAll(document, sweepHtml(document));
  const { csv = false, json = false } = flags;
  const code = await finish(SWEEP, {
    document,
    flags,
    text: csv ? sweepCsv : sweepText,
    data: csv || json,
    code: signal.aborted ? 0 : exitCodeOf(document.cells),
    ends: (code) => faults.code(codeUnlessInterrupted(code)),
  });
  if (!signal.aborted) return code;
  const same = flags.runtime === undefined ? '' : ` --runtime ${flags.runtime}`;
  process.stderr.write(
    `${NAME}: interrupted after ${document.cells.length} of ${cells.length} cells; go on with: ${LAB} sweep ${shellWord(path)}${same}${driver.name === 'robots' ? '' : ` --driver ${driver.name}`} --resume ${shellWord(fromHere(document.path ?? ''))}\n`,
  );
  return code;
}
