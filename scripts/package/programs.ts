import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';

/** The rooms of the product. */
const ROOMS = ['common', 'system', 'protocol', 'gateway', 'robots', 'lab', 'library'];

/** A module that is started, not imported, is named from the top, in quotes. */
const NAMED = new RegExp(`(['"\`])((?:${ROOMS.join('|')})/[\\w./-]+\\.ts)\\1`, 'g');

/** Started as well, and named nowhere in the product: by npm, by whoever imports the library, by docker/warm.mjs, by a setting of compose. */
const FROM_OUTSIDE = [
  'lab/resetlab.ts',
  'lab/cli.ts',
  'library/index.ts',
  'gateway/start.ts',
  'robots/k6/users.ts',
];

/**
 * A clone's alone, as they are imported: `exam --strangers` installs servers by apt and npm; what `bench` measures of judging, of the ledger
 * and of scale is for whoever works on the lab; `compose` is the lab's part of docker-compose.yml.
 */
export const CLONE_ONLY = {
  imported: [
    './exam-strangers.ts',
    './bench-judge.ts',
    './bench-ledger.ts',
    './bench-scale.ts',
    './verbs/compose-verb.ts',
  ],
  folders: ['lab/exam/strangers/', 'lab/bench/ledger/', 'lab/bench/scale/'],
};

/** Every module that must be a file of its own in the package, named as in a clone, sorted. */
export function programs(): string[] {
  const files = globSync(`{${ROOMS.join(',')}}/**/*.ts`, { cwd: PROJECT_ROOT });
  const named = files
    .filter(
      (file) => !file.endsWith('.d.ts') && !CLONE_ONLY.folders.some((folder) => file.startsWith(folder)),
    )
    .flatMap((file) => namedIn(readFileSync(join(PROJECT_ROOT, file), 'utf8')));
  return [...new Set([...FROM_OUTSIDE, ...named])].sort();
}

/** The modules that this text starts. Comments name some as well. */
export function namedIn(text: string): string[] {
  return [...text.matchAll(NAMED)].flatMap(({ 2: path }) => path ?? []);
}

/** Is it a script of k6? Those are no modules of Node. */
export function isOfK6(program: string): boolean {
  return program.startsWith('robots/k6/');
}
