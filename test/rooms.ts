import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { PROJECT_ROOT } from '../common/own-files.ts';

/** One import of a file of ours, or a place that starts it. */
export interface Arrow {
  from: string;
  line: number;
  to: string;
  /** Its address alone is taken (`new URL`, `programAt`): a process may start its own program again. */
  address: boolean;
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

/** What stands beside the product, is built or is left by runs. */
const BESIDE = ['docker', 'docs', 'scripts', 'test', 'tools', 'node_modules', 'dist', 'runs'];

/** Code in a folder that is neither a room of the product nor beside it. */
export function strangeFiles(floors: Floors): string[] {
  const known = new Set([...BESIDE, ...[...floors.keys()].map((room) => room.split('/')[0])]);
  return globSync('**/*.{ts,mts,mjs}', { cwd: PROJECT_ROOT, exclude: (path) => known.has(path) });
}

/** A module by its place from here, whoever takes it: an import of any form, `require`, `new URL`, a path that is joined. */
const FROM_HERE = /(['"`])(\.{1,2}\/[^'"`\n]+\.[cm]?[jt]s)\1/g;

/** A module that is started as a process of its own is named from the top. */
const STARTED = /(['"`])((?:[\w-]+\/)+[\w.-]+\.[cm]?[jt]s)\1/g;

/** What a text imports of our files, and what it starts. */
export function arrowsIn(file: string, text: string): Arrow[] {
  const named = (pattern: RegExp, folder: string) =>
    [...text.matchAll(pattern)].map(({ index, 2: path = '' }) => {
      const before = text.slice(0, index);
      const address = /(?:new URL|programAt)\($/.test(before.trimEnd());
      return { from: file, line: before.split('\n').length, to: normalize(join(folder, path)), address };
    });
  return [...named(FROM_HERE, dirname(file)), ...named(STARTED, '')].sort((a, b) => a.line - b.line);
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
  const imports = arrows.filter(({ address }) => !address);
  const next = Map.groupBy(imports, ({ from }) => from);
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
