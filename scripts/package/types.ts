import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { PROJECT_ROOT } from '../../common/own-files.ts';
import { Declarations } from './declarations.ts';

const ENTRY = 'library/index.d.ts';

/**
 * Puts the library's declarations into `folder`: of each file what can be had of the entry, by whatever way, and no more. Ours name the whole
 * lab otherwise, which is three times as much. Throws when tsc fails.
 */
export function declare(folder: string): void {
  const made = mkdtempSync(join(tmpdir(), 'resetlab-types-'));
  try {
    const tsc = join(PROJECT_ROOT, 'node_modules/typescript/bin/tsc');
    const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', made], {
      cwd: PROJECT_ROOT,
      stdio: ['ignore', 2, 2],
    });
    if (status !== 0) throw new Error('tsc has refused the sources: see its lines above');
    for (const [file, text] of reached(made)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** What is left of each file. */
function reached(folder: string): Map<string, string> {
  const files = new Map<string, Declarations>();
  const open = (file: string) => {
    const known = files.get(file) ?? new Declarations(readFileSync(join(folder, file), 'utf8'));
    files.set(file, known);
    return known;
  };
  const entry = open(ENTRY);
  const wanted = entry.exported().map((name) => ({ file: ENTRY, name }));
  for (const { file, name } of wanted)
    for (const { from, name: theirs } of open(file).take(name))
      wanted.push({ file: normalize(join(dirname(file), from)).replace(/\.[jt]s$/, '.d.ts'), name: theirs });
  return new Map([...files].map(([file, one]) => [file, one.text()]));
}
