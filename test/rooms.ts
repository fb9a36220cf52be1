import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { PROJECT_ROOT } from '../lab/runtimes/processes.ts';

/** The rooms of the product, top to bottom; imports only go down, and rooms of one line do not import each other. */
export const ORDER = `
lab                              the program: lab/cli.ts and lab/program.ts, and nothing else
lab/verbs                        what can be asked for
library                          the package for other people's tests
lab/report                       what is printed: terminal, HTML
lab/exam lab/sweep lab/threshold lab/compare lab/bench lab/diagnose lab/troubleshoot
lab/run                          one execution, the second one with the fix, and the run's folder
lab/verdict                      judge(facts, causes), and the registry of causes
lab/causes                       one file a cause, its advice beside it; shared/ is what they share
lab/facts                        numbers drawn from the evidence
lab/laws                         formulas that predict a threshold; the listen queue of both kernels, simulated
lab/evidence                     the observer and the watcher, and the filing of every line that comes in
lab/drivers                      what makes the load: robots, or k6
lab/runtimes                     docker, netns, native and the compose stack behind one interface
lab/settings                     where values come from, and what this machine allows
gateway robots                   the server under test; the fleet
protocol                         the lines that parts write to each other, the betting protocol, the table of settings
system                           what is read of this machine, one parser a source
common                           errors, words, waiting, tables: what knows nothing of the rest
`.trim();

/** One import of a file of ours. */
export interface Arrow {
  from: string;
  line: number;
  to: string;
}

/** Rooms by name, each with its floor: 0 is the top one. */
export type Floors = ReadonlyMap<string, number>;

/** The floors that a text such as ORDER tells: the words of a line up to two spaces are its rooms. */
export function floorsOf(order: string): Floors {
  const lines = order.split('\n').map((line) => line.split(/ {2,}/)[0] ?? '');
  return new Map(lines.flatMap((rooms, floor) => rooms.split(' ').map((room) => [room, floor] as const)));
}

/** The room of a file: the longest name that leads to it, `lab` for what stands in lab/ itself; undefined: of the product it is not. */
export function roomOf(file: string, floors: Floors): string | undefined {
  for (let folder = dirname(file); folder !== '.'; folder = dirname(folder)) {
    if (!floors.has(folder)) continue;
    return folder === 'lab' && dirname(file) !== 'lab' ? undefined : folder;
  }
  return undefined;
}

/** Everything of the product that is code, in order. */
export function productFiles(floors: Floors): string[] {
  const tops = [...new Set([...floors.keys()].map((room) => room.split('/')[0] as string))];
  return globSync(`{${tops.join(',')}}/**/*.{ts,mts,mjs,js}`, { cwd: PROJECT_ROOT })
    .filter((file) => !file.endsWith('.d.ts'))
    .sort();
}

/** `from './x.ts'`, `import './x.ts'`, `import('./x.ts')`, with what stands between over lines. */
const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+)'/g;

/** A module that is started as a process of its own is named from the top. */
const STARTED = /'((?:[\w-]+\/)+[\w-]+\.(?:ts|mjs))'/g;

/** What a text imports of our files, and what it starts. */
export function arrowsIn(file: string, text: string): Arrow[] {
  const arrow = (at: number, to: string) => ({ from: file, line: text.slice(0, at).split('\n').length, to });
  return [
    ...[...text.matchAll(IMPORT)].map((match) =>
      arrow(match.index + match[0].length, normalize(join(dirname(file), match[1] as string))),
    ),
    ...[...text.matchAll(STARTED)].map((match) => arrow(match.index, match[1] as string)),
  ].sort((a, b) => a.line - b.line);
}

/** All arrows of the product. */
export function productArrows(floors: Floors): Arrow[] {
  return productFiles(floors).flatMap((file) =>
    arrowsIn(file, readFileSync(join(PROJECT_ROOT, file), 'utf8')),
  );
}

/** One line for each arrow that does not go down, with file and line. */
export function upward(arrows: readonly Arrow[], floors: Floors): string[] {
  return arrows.flatMap(({ from, line, to }) => {
    const [room, other] = [roomOf(from, floors), roomOf(to, floors)];
    const [floor = -1, below = -1] = [floors.get(room ?? ''), floors.get(other ?? '')];
    if (room !== undefined && (room === other || floor < below)) return [];
    const where = other === undefined ? 'is no room of the product' : `is not below ${room}`;
    return [`${from}:${line}: ${to}: ${other ?? dirname(to)} ${where}`];
  });
}

/** Files that import each other in a circle: each circle once, by the way round. */
export function circles(arrows: readonly Arrow[]): string[] {
  const next = Map.groupBy(arrows, ({ from }) => from);
  const done = new Set<string>();
  const found: string[] = [];
  const walk = (file: string, way: readonly string[]) => {
    const begun = way.indexOf(file);
    if (begun >= 0) found.push([...way.slice(begun), file].join(' → '));
    if (begun >= 0 || done.has(file)) return;
    for (const { to } of next.get(file) ?? []) walk(to, [...way, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return found;
}
