import { join } from 'node:path';
import { count, fromHere } from '../../common/format.ts';
import { nextLines } from '../../common/next.ts';
import { columns } from '../../common/table.ts';
import { widthOf } from '../../common/wrap.ts';
import { nextAfterClimb } from '../climb/after-climb.ts';
import type { ClimbDocument, ClimbPaper, ClimbStep, Estimate } from '../climb/climb-document.ts';
import { bytesText, estimated, estimatedBytes } from './text/estimate.ts';
import { labelled, labelledRows } from './text/labelled.ts';

/** Numbers to the right. */
export const WALL_SIDES = ['right', 'left', 'right', 'right', 'left'] as const;

/** Why it is not the whole. */
export const CLIMB_CUT = 'the climb was interrupted; this is what it had met by then.';

/** What is said where this machine cannot move a wall. */
export const NOT_MOVED = 'none on this machine';

/** What is said of a figure for which the loads do not suffice. */
export const NOT_TOLD = 'not predicted: the loads of this climb do not tell';

/** A climb for a terminal: the answer, the walls that were met, why it ended, and what a million users would take. */
export function climbText(document: ClimbDocument): string {
  const { complete, end, steps, paper, path } = document;
  const width = widthOf();
  const notes = climbNotes(document);
  return [
    '',
    ...labelled('ANSWER', 'bold', climbAnswer(document), width),
    '',
    climbTitle(document),
    '',
    ...(steps.length === 0
      ? [`  ${NO_WALL}`]
      : columns(wallRows(document), WALL_SIDES).map((line) => `  ${line}`)),
    '',
    ...notes.map((note) => `  ${note}`),
    ...(notes.length > 0 ? [''] : []),
    ...labelled('end', [], end, width),
    ...(complete ? [] : ['', `Incomplete: ${CLIMB_CUT}`]),
    '',
    paperTitle(paper),
    '',
    ...labelledRows(paperRows(paper), width - 2).map((line) => `  ${line}`),
    '',
    ...nextLines(nextAfterClimb(document)),
    ...(path ? [`report: ${fromHere(join(path, 'report.html'))}`] : []),
    '',
  ].join('\n');
}

/** In place of a table without rows. */
export const NO_WALL = 'No wall was met.';

/** How far it came, and by how many walls. */
export function climbAnswer({ reached, to, steps, complete, end }: ClimbDocument): string {
  const walls = steps.length === 0 ? 'no wall was met' : `${count(steps.length, 'wall')} met`;
  const open =
    reached >= to ? `${reached} users open, as many as asked for` : `${reached} of ${to} users open`;
  if (!complete) return `${open}: interrupted; ${walls}`;
  if (reached >= to) return `${open}; ${walls}`;
  return `${open}; ${walls}; end: ${end}`;
}

/** What the table shows. */
export function climbTitle({ runtime, driver, seed }: ClimbDocument): string {
  return `The walls that were met on the way up (runtime ${runtime}, driver ${driver}, seed ${seed})`;
}

/** The heads, then a row a wall. */
export function wallRows({ steps }: Pick<ClimbDocument, 'steps'>): string[][] {
  return [['users', 'wall', 'predicted', 'measured', 'fix'], ...steps.map(wallRow)];
}

function wallRow({ users, wall, predicted, measured, fix }: ClimbStep): string[] {
  return [String(users), wall, `${predicted ?? '-'}`, String(measured), fix ?? NOT_MOVED];
}

/** The laws by which walls were predicted, one line each. */
export function climbNotes({ steps }: Pick<ClimbDocument, 'steps'>): string[] {
  const laws = new Map(
    steps.flatMap(({ wall, law }) => (law === null ? [] : [[`${wall} ${law}`, { wall, law }]])),
  );
  return [...laws.values()].map(({ wall, law }) => `predicted by: ${law} (${wall})`);
}

/** Over the figures of the paper. */
export function paperTitle({ users }: ClimbPaper): string {
  return `Predicted for ${users} users, from what this climb measured; none of it was shown`;
}

/** The figures of the paper in rows of a label and a text, each with the word predicted; then what they were reckoned from. */
export function paperRows(paper: ClimbPaper): [string, string][] {
  const { basis } = paper;
  return [
    ...paperFigures(paper).map(({ label, figure, rest }): [string, string] => [
      label,
      figure === null ? NOT_TOLD : `predicted ${figure}${rest && `, ${rest}`}`,
    ]),
    ...basis.map((line, index): [string, string] => [index === 0 ? 'basis' : '', line]),
  ];
}

/** One figure of the paper; null: not predicted. */
export interface PaperFigure {
  label: string;
  figure: string | null;
  /** What else is to be known of it; may be empty. */
  rest: string;
}

/** Every figure of the paper, in the order in which it is told. */
export function paperFigures(paper: ClimbPaper): PaperFigure[] {
  const { gateways, nofile, descriptors, sources, ports, userBytes, kernelBytes, cpuSeconds } = paper;
  const { machines, machineBytes } = paper;
  const of = (estimate: Estimate | null, words: (estimate: Estimate) => string) =>
    estimate && words(estimate);
  return [
    { label: 'gateways', figure: String(gateways), rest: `each with nofile ${nofile}` },
    { label: 'descriptors', figure: String(descriptors), rest: 'those of both ends' },
    {
      label: 'source addresses',
      figure: String(sources),
      rest: `each with ${ports} ports for one gateway`,
    },
    { label: 'memory, user space', figure: of(userBytes, estimatedBytes), rest: 'gateways and robots' },
    { label: 'memory, kernel', figure: of(kernelBytes, estimatedBytes), rest: '' },
    {
      label: 'CPU time',
      figure: of(cpuSeconds, (one) => `${estimated(one)} s`),
      rest: 'a whole life of all users',
    },
    {
      label: 'machines',
      figure: of(machines, estimated),
      rest: machineBytes === null ? 'like this one' : `like this one, which has ${bytesText(machineBytes)}`,
    },
  ];
}
