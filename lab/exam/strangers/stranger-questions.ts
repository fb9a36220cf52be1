import { UsageError } from '../../../common/errors.ts';
import { draw } from '../../../robots/rng.ts';
import { seedOf, shuffle } from '../shuffle.ts';
import type { Program, Situation } from './program.ts';
import { PROGRAMS } from './programs.ts';
import type { Where } from './stage.ts';

/** Who makes a diagnosis. */
export type Who = 'root' | 'an ordinary user';

/** A program in a situation, with a load, and users somewhere: those who diagnose watch it at the same time. */
export interface StrangerQuestion {
  program: Program;
  situation: Situation;
  load: 'its own' | 'robots';
  where: Where;
  people: readonly Who[];
  /** So many times as many users as are written down. */
  size: number;
}

export interface StrangerPaperOptions {
  seed: number;
  /** Programs or situations; absent: all. */
  only?: readonly string[];
  programs?: readonly Program[];
  /** Each in each form. */
  whole?: boolean;
}

/** Sizes differ by up to this part. */
const SPREAD = 0.2;
/** Of what can happen to any server so many are asked of each program with one seed. */
const OF_ANY = 3;
const COMMON = ['stopped', 'killed', 'firewall drops', 'firewall rejects'];
const HEALTHY = ['pool', 'short requests', 'pool beside probes'];

/** `nginx: cap, its own load, users elsewhere`. */
export function nameOf({ program, situation, load, where }: StrangerQuestion): string {
  return `${program.name}: ${situation.id}, ${load === 'robots' ? 'robots' : 'its own load'}, users ${where}`;
}

/** All questions in the order that the seed gives. Throws UsageError for what is neither a program nor a situation. */
export function writeStrangerPaper(options: StrangerPaperOptions): StrangerQuestion[] {
  const { seed, only, programs = PROGRAMS, whole = false } = options;
  const known = new Set(
    programs.flatMap(({ name, situations }) => [name, ...situations.map(({ id }) => id)]),
  );
  const unknown = only?.find((id) => !known.has(id));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: allowed: ${[...known].join(', ')}`);
  const names = programs.map(({ name }) => name);
  const wantedPrograms = only?.filter((id) => names.includes(id)) ?? [];
  const wantedSituations = only?.filter((id) => !names.includes(id)) ?? [];
  const all = programs
    .filter(({ name }) => wantedPrograms.length === 0 || wantedPrograms.includes(name))
    .flatMap((program) => {
      const chosen = wantedSituations.length > 0 ? wantedSituations : chosenOf(program, seed, whole);
      return program.situations
        .filter(({ id }) => chosen.includes(id))
        .flatMap((one) => asked(program, one, seed));
    });
  return shuffle(all, seed);
}

/** Its own limits always; of what can happen to any, and of the healthy shapes, some. */
function chosenOf({ name, situations }: Program, seed: number, whole: boolean): string[] {
  const ids = situations.map(({ id }) => id);
  if (whole) return ids;
  const own = ids.filter((id) => !COMMON.includes(id) && !HEALTHY.includes(id));
  const pick = (from: readonly string[], so: number) =>
    shuffle(
      ids.filter((id) => from.includes(id)),
      seedOf(seed, name, from.length),
    ).slice(0, so);
  return [...own, ...pick(COMMON, OF_ANY), ...pick(HEALTHY, 2)];
}

function asked(program: Program, situation: Situation, seed: number): StrangerQuestion[] {
  const drawn = seedOf(seed, `${program.name} ${situation.id}`, 0);
  const size = 1 - SPREAD + 2 * SPREAD * draw(drawn, 0, 0);
  const where: Where = situation.where ?? (draw(drawn, 1, 0) < 0.5 ? 'beside' : 'elsewhere');
  const both: Who[] = ['root', 'an ordinary user'];
  const base = { program, situation, size };
  const onlyRobots = situation.id === 'robots';
  return [
    ...(onlyRobots ? [] : [{ ...base, load: 'its own' as const, where, people: both }]),
    // Robots of the lab come from beside the server, and each lab brings its own.
    ...(situation.robots === undefined
      ? []
      : [
          {
            ...base,
            load: 'robots' as const,
            where: 'beside' as const,
            people: [both[drawn % 2] as Who],
          },
        ]),
  ];
}
