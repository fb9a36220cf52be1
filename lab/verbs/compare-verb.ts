import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { MAC } from '../../common/called.ts';
import { defined } from '../../common/defined.ts';
import { UsageError } from '../../common/errors.ts';
import { duration } from '../../common/format.ts';
import { hostWords } from '../../system/host.ts';
import { type ColumnsOptions, columnsOf, meansOf } from '../compare/compare.ts';
import type { CompareDocument, GridPoint } from '../compare/comparison-document.ts';
import { compareText, differencesTitle, gridCell } from '../compare/comparison-table.ts';
import { differencesOf } from '../compare/differences.ts';
import { gridOf, isReported, measuresPoint, POINTS } from '../compare/grid.ts';
import { checkSides, readSide, type Side, scenarioOf } from '../compare/sides.ts';
import { compareHtml, reportHtml } from '../report/pages.ts';
import { Progress } from '../report/progress.ts';
import { RunFolder } from '../run/run-folder.ts';
import { refused } from '../settings/refused.ts';
import type { Overrides } from '../settings/schema.ts';
import { type ResolvedSettings, resolveSettings } from '../settings/setting-sources.ts';
import { checkTogether } from '../settings/together.ts';
import { TimeLeft } from '../threshold/eta.ts';
import { type Answering, finish } from './expect-options.ts';
import { LOCAL_WORDS } from './option-words.ts';
import { driverOf, type LoadFlags, readSources, withLoadFlags } from './shared-options.ts';
import { codeUnlessInterrupted, ends, interruptible } from './verb-ending.ts';

/** As many as there are local ports. */
const MOST_SYNS = 65_535;

const MEASURE = ['few', 'all', 'none'] as const;
type Measure = (typeof MEASURE)[number];

const COMPARE: Answering<CompareDocument> = {
  verb: 'compare',
  answer: ({ differences }) => ({
    sentence: differencesTitle(differences),
    evidence: differences.map(({ what, why }) => `${what}: ${why}`),
  }),
  markdown: async (document) => (await import('../report/markdowns.ts')).comparisonMarkdown(document),
};

interface CompareFlags extends LoadFlags {
  grid?: boolean;
  measure: string;
  synsAtOnce?: string;
}

/** `compare`: Linux and macOS, or two runs, side by side: measured where possible, else predicted. */
export function compareVerb(program: Command): void {
  const command = program
    .command('compare')
    .description('show linux and macos, or two runs, side by side: measured where possible, else predicted')
    .argument('<left>', 'linux, macos, or the folder of a run')
    .argument('<right>', 'the other side: linux, macos, or the folder of a run')
    .option(
      '--grid',
      'compare at every point of a grid, in one table: nofile 256, 4096, 10240 × backlog 128, 511, 4096 × burst and paced',
    )
    .option(
      '--syns-at-once <n>',
      `for the prediction of macos: how many SYNs the loopback of a Mac handles at once, as \`${MAC}\` prints it`,
    )
    .option(
      '--measure <what>',
      'what is measured: few (some points of the grid), all, or none (the model alone)',
      'few',
    );
  withLoadFlags(command, LOCAL_WORDS).action(ends(compare));
}

async function compare(left: string, right: string, flags: CompareFlags): Promise<number> {
  const measure = MEASURE.find((word) => word === flags.measure);
  if (measure === undefined)
    throw new UsageError(`--measure ${flags.measure}: allowed: ${MEASURE.join(', ')}`);
  const sides: [Side, Side] = [readSide(left), readSide(right)];
  checkSides(sides);
  checkFlags(sides, flags);
  const settings = readSettings(sides, flags);
  const synsAtOnce = readSynsAtOnce(flags.synsAtOnce);
  const wanted = measure === 'none' ? [] : sides.flatMap(({ os, run }) => (run ? [] : [os]));
  const signal = interruptible();
  const means = await meansOf(wanted, settings, { runtime: flags.runtime, driver: driverOf(flags), signal });
  signal.throwIfAborted();

  const progress = new Progress();
  const manifest = { name: 'compare', sides: [left, right], measure, asked: settings.values };
  const folder = new RunFolder(flags.runs, 'compare', manifest);
  const options: ColumnsOptions = {
    sides,
    settings,
    means,
    runs: join(folder.path, 'runs'),
    signal,
    ...defined({ synsAtOnce }),
    onMeasure: (os, runtime, { values }) =>
      progress.step(
        `${os}: ${values.users} users, nofile ${values.nofile}, backlog ${values.backlog}, ${values.ramp === '0' ? 'all at once' : `over ${values.ramp}`}, runtime ${runtime}`,
      ),
    page: reportHtml,
    onProgress: (line) => progress.show(line),
  };
  const grid = flags.grid ? await gridWithProgress(options, measure, progress) : null;
  const { columns, differences } = grid?.find(isReported) ?? (await pairOf(options));
  progress.end();
  const document: CompareDocument = {
    schema: 1,
    complete: !signal.aborted && (grid === null || grid.length === POINTS.length),
    host: hostWords(),
    seed: settings.values.seed,
    columns,
    differences,
    grid,
    path: resolve(folder.path),
  };
  folder.write('compare.json', document);
  folder.write('compare.html', compareHtml(document));
  folder.writeManifest({ complete: document.complete, ...manifest, host: document.host });
  return finish(COMPARE, { document, flags, text: compareText, code: 0, ends: codeUnlessInterrupted });
}

/** Throws UsageError. */
function readSynsAtOnce(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > MOST_SYNS)
    throw new UsageError(`--syns-at-once ${text}: allowed: 1 to ${MOST_SYNS}`);
  return number;
}

async function pairOf(options: ColumnsOptions): Promise<Pick<CompareDocument, 'columns' | 'differences'>> {
  const { columns } = await columnsOf(options);
  return { columns, differences: differencesOf(...columns) };
}

function gridWithProgress(
  options: ColumnsOptions,
  measure: Measure,
  progress: Progress,
): Promise<GridPoint[]> {
  const measured = Object.keys(options.means).length > 0;
  // A run takes the ramp and some seconds, a prediction less than one.
  const expected = POINTS.map((point) => (measured && measuresPoint(measure, point) ? 30_000 : 0));
  const left = new TimeLeft(expected.sort((a, b) => b - a));
  return gridOf({
    ...options,
    measure,
    onPoint(point, done, all) {
      left.next();
      const ms = left.left();
      const time = ms === undefined || done === all ? '' : `, about ${duration(ms)} left`;
      const cells = point.columns.map((column) => `${column.name} ${gridCell(column)}`);
      progress.step(
        `nofile ${point.nofile}, backlog ${point.backlog}, ramp ${point.ramp}: ${cells.join('; ')} (${done} of ${all}${time})`,
      );
    },
  });
}

/** Throws UsageError for flags that would do nothing here. */
function checkFlags(sides: readonly [Side, Side], flags: CompareFlags): void {
  const runs = sides.filter(({ run }) => run);
  if (flags.grid && runs.length > 0)
    throw new UsageError('--grid: a run is only one point; allowed: --grid with linux and macos');
  const given = [
    ...flags.set.map((item) => `--set ${item}`),
    ...(['users', 'ramp', 'betting', 'seed'] as const).flatMap((name) =>
      flags[name] === undefined ? [] : [`--${name} ${flags[name]}`],
    ),
  ];
  if (runs.length === 2 && given[0] !== undefined)
    throw new UsageError(
      `${given[0]}: it changes nothing, since two runs are compared as they were made; allowed: with linux or macos`,
    );
  const fixed = flags.grid && given.find((text) => /^--(set (nofile|backlog|ramp)=|ramp )/i.test(text));
  if (fixed) throw new UsageError(`${fixed}: the grid sets this itself; allowed: without --grid`);
}

/** The settings of the profile `report`, unless others are given; beside a run, those of the run. Throws UsageError. */
function readSettings(sides: readonly Side[], flags: CompareFlags): ResolvedSettings {
  const run = sides.find((side) => side.run)?.run;
  const scenario: Overrides = run === undefined ? {} : scenarioOf(run);
  const profile = flags.profile ?? (run === undefined ? 'report' : undefined);
  const settings = resolveSettings(readSources({ ...flags, ...defined({ profile }) }), scenario);
  checkTogether(settings);
  if (settings.values.gateways > 1)
    throw refused(settings, 'gateways', 'a comparison looks at one; allowed: 1');
  // The settings of a run count as given explicitly: otherwise the model of macOS keeps its own somaxconn.
  return { ...settings, explicit: new Set([...settings.explicit, ...(Object.keys(scenario) as never[])]) };
}
