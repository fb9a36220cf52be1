import { join } from 'node:path';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { cacheFolder, installStrangers } from '../../lab/exam/strangers/install.ts';
import type { Program, Recipe } from '../../lab/exam/strangers/program.ts';
import { PROGRAMS } from '../../lab/exam/strangers/programs.ts';
import { FOLDER, type Stage } from '../../lab/exam/strangers/stage.ts';

/** A program that serves while a command runs. */
export interface Wanted {
  program: Program | undefined;
  port: number;
  nofile?: number;
  set: Record<string, string>;
}

/** Our own: the others are the programs of `lab exam --strangers`. */
const GATEWAY = 'gateway';

/**
 * Reads `program port [nofile=N] [setting=value…]`.
 * @throws {UsageError} for a program that there is not, and for a port that is none
 */
export function readServer(text: string): Wanted {
  const [name = '', port = '', ...given] = text.split(' ');
  const program = PROGRAMS.find((one) => one.name === name);
  if (program === undefined && name !== GATEWAY)
    throw new UsageError(
      `server ${name}: allowed: ${[GATEWAY, ...PROGRAMS.map((one) => one.name)].join(', ')}`,
    );
  if (!/^\d+$/.test(port)) throw new UsageError(`server ${name}: "${port}" is no port`);
  const { nofile, ...set } = Object.fromEntries(given.map((one) => one.split('='))) as Record<string, string>;
  return { program, port: Number(port), set, ...(nofile ? { nofile: Number(nofile) } : {}) };
}

/** Starts it on a stage, installs it before where it is not here. Gives its pid, once it listens. */
export async function serve(stage: Stage, { program, port, nofile, set }: Wanted): Promise<number> {
  const recipe = program === undefined ? gateway(port, set) : await recipeOf(program, port, set);
  for (const [file, text] of Object.entries(recipe.files ?? {})) stage.write(file, text);
  for (const argv of recipe.prepare ?? []) await stage.prepare(argv);
  return stage.serve(recipe.argv, port, {
    ...(nofile === undefined ? {} : { nofile }),
    ...(recipe.env ? { env: recipe.env } : {}),
  });
}

async function recipeOf(program: Program, port: number, set: Wanted['set']): Promise<Recipe> {
  const say = (text: string) => void process.stderr.write(`docs-run: ${text}\n`);
  const { missing } = await installStrangers([program], say);
  if (missing[0] !== undefined) throw new CannotRunError(`needs ${program.name}: ${missing[0].why}`);
  return program.recipe({ port, folder: FOLDER, cache: cacheFolder(), neighbour: 0, set });
}

function gateway(port: number, set: Wanted['set']): Recipe {
  return {
    argv: [process.execPath, join(PROJECT_ROOT, 'gateway/main.ts')],
    env: { PORT: String(port), ...set },
  };
}
