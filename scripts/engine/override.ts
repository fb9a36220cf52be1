import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BASE_IMAGE, imageNow } from '../../lab/runtimes/docker/stand-in/base-image.ts';
import { k6Origin } from '../../lab/runtimes/docker/stand-in/k6-image.ts';
import { K6_IMAGE } from '../../system/k6-version.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FILE = 'docker-compose.override.yml';
/** The first line of a file of ours; one without it is somebody's own. */
const MARK = '# resetlab: written by `npm run engine`, which takes it away again';
/** What docker-compose.yml builds. */
const BUILT = ['gateway', 'observer', 'robots', 'k6', 'lab', 'prepare'];

/** What the Dockerfile's arguments are to be where the official images cannot be had. */
interface Bases {
  base: string;
  k6: string;
}

/**
 * Has a plain `docker compose up`, with or without `--build`, build on `base` as well: `docker compose` reads the file beside
 * docker-compose.yml by itself. With the official image there is no such file. Gives a note where there is something to say.
 */
export async function tellCompose(base: string, folder = ROOT): Promise<string | undefined> {
  if (base === BASE_IMAGE) return writeOverride(undefined, folder);
  const origin = k6Origin();
  // Made when it is first needed; its name is known before.
  const k6 = (await imageNow(origin))?.image ?? origin.standIn ?? K6_IMAGE;
  return writeOverride({ base, k6 }, folder);
}

/** Writes the file, or with no `bases` removes it; leaves somebody's own alone, and says then what to put into it. */
export function writeOverride(bases: Bases | undefined, folder: string): string | undefined {
  const path = join(folder, FILE);
  const theirs = existsSync(path) && !readFileSync(path, 'utf8').startsWith(`${MARK}\n`);
  if (bases === undefined) {
    if (!theirs) rmSync(path, { force: true });
    return undefined;
  }
  const variables = `RESETLAB_BASE=${bases.base} RESETLAB_K6_BASE=${bases.k6}`;
  if (theirs) return `${FILE} is your own, and left as it is: for docker compose set ${variables}`;
  writeFileSync(path, textOf(bases));
  return `${FILE} has docker compose build on it; with \`-f docker-compose.yml\` set ${variables}`;
}

function textOf({ base, k6 }: Bases): string {
  const args = JSON.stringify({ BASE: base, K6: k6 });
  return [
    MARK,
    '# when the official images can be pulled. Without this first line it is yours, and left alone.',
    'services:',
    ...BUILT.map((service) => `  ${service}: { build: { args: ${args} } }`),
    '',
  ].join('\n');
}
