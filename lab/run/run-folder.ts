import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { NAME } from '../../common/called.ts';
import { CannotRunError, messageOf, UsageError } from '../../common/errors.ts';
import { PACKAGED, PROJECT_ROOT } from '../../common/own-files.ts';
import { EvidenceFiles } from './evidence-files.ts';

/** The folder of one run: `runs/<time>-<name>`. */
export class RunFolder {
  readonly path: string;
  #incomplete = false;
  #lost = false;

  /** Makes the folder, with a manifest that says incomplete until `finish`. Throws UsageError when that may not be written there, CannotRunError for a disk that is full. */
  constructor(root: string, name: string, manifest: object, now = new Date()) {
    const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
    try {
      this.path = makeFresh(root, `${stamp}-${name}`);
      replaceFile(
        join(this.path, 'manifest.json'),
        textOf({ complete: false, ...manifest, path: this.path }),
      );
      pointLatest(root, this.path);
    } catch (error) {
      throw refused(root, error);
    }
  }

  /**
   * Writes a JSON document, or text as it is, in place of what has its name. Where that cannot be, it says so once on stderr:
   * what was measured is told all the same.
   */
  write(file: string, content: object | string): void {
    const path = join(this.path, file);
    try {
      replaceFile(path, textOf(content));
    } catch (error) {
      this.#failed(path, error);
    }
  }

  /** Writes the manifest: incomplete where evidence could not be kept, since what is left would be judged later as if it were all. */
  writeManifest(manifest: object): void {
    this.write('manifest.json', this.#lost ? { ...manifest, complete: false } : manifest);
  }

  /** The files that evidence is appended to, with a prefix for a second run in the same folder. */
  evidence(prefix = ''): EvidenceFiles {
    return new EvidenceFiles(this.path, prefix, (path, error) => {
      this.#lost = true;
      this.#failed(path, error);
    });
  }

  #failed(path: string, error: unknown): void {
    if (this.#incomplete) return;
    this.#incomplete = true;
    const { code = messageOf(error) } = error as NodeJS.ErrnoException;
    process.stderr.write(
      `${NAME}: ${path}: ${LOST[code] ?? 'it cannot be written'} (${code}): the folder is incomplete, and the run goes on without it\n`,
    );
  }
}

/** By the code of an error: where there was no room, why. */
export const NO_ROOM: Partial<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: "this user's share of the disk is full",
};

/** What becomes of a folder in the middle. */
const LOST: Partial<Record<string, string>> = { ...NO_ROOM, ENOENT: 'the folder is gone' };

function textOf(content: object | string): string {
  return typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`;
}

/** The page in a folder; undefined where there is none: a disk that was full has none. */
export function pageIn(folder: string | null | undefined): string | undefined {
  const page = folder && join(folder, 'report.html');
  return page && existsSync(page) ? page : undefined;
}

/** Where runs go unless the user names a folder: in a clone its own, whoever calls it from where; from the package beside what one works on. */
export const OWN_RUNS = join(PACKAGED ? process.cwd() : PROJECT_ROOT, 'runs');

/**
 * Where everybody may write, nobody is to remove or swap what is another's (S_ISVTX; fs/namei.c __check_sticky): earlier
 * versions of ours left the folder without that bit. Does nothing in somebody else's folder.
 */
export function makeSticky(folder: string): void {
  const { mode } = statSync(folder);
  if ((mode & 0o1002) !== 0o0002) return;
  try {
    chmodSync(folder, (mode & 0o7777) | 0o1000);
  } catch {
    // Its owner can.
  }
}

/** What is wrong with the folder itself. */
const REFUSALS: Partial<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'it is mounted read-only',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'it is not a folder',
  ENOENT: 'no folder can be made there',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'its links form a loop',
  EISDIR: '`latest` in it is a folder, not a link of the lab',
};

function refused(root: string, error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  const noRoom = NO_ROOM[code];
  if (noRoom !== undefined)
    return new CannotRunError(`--runs ${root}: ${noRoom} (${code}); nothing was started`, { cause: error });
  const why = REFUSALS[code];
  if (why === undefined) return error;
  return new UsageError(
    `--runs ${root}: ${why} (${code}); allowed: a folder that this user may write to or make`,
    { cause: error },
  );
}

/** Not `recursive`: where nothing can be made (/proc), that goes round for ever (src/node_file.cc MKDirpSync takes ENOENT for a missing parent). */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return;
    if (code !== 'ENOENT' || existsSync(dirname(path))) throw error;
    makeFolder(dirname(path));
    makeFolder(path);
  }
}

/** A folder that was not there, be it as a link. */
function makeFresh(root: string, name: string): string {
  makeFolder(resolve(root));
  if (root === OWN_RUNS && !PACKAGED) makeSticky(root);
  for (let number = 1; ; number += 1) {
    const path = join(root, number === 1 ? name : `${name}-${number}`);
    try {
      mkdirSync(path);
      return path;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** `latest` is replaced by a rename, so that a reader never finds it missing. One that is another user's may stay. */
function pointLatest(root: string, path: string): void {
  const fresh = join(root, `.latest-${process.pid}`);
  try {
    rmSync(fresh, { force: true });
    symlinkSync(relative(dirname(fresh), path), fresh);
    renameSync(fresh, join(root, 'latest'));
  } catch (error) {
    try {
      unlinkSync(fresh);
    } catch {}
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EPERM', 'EACCES', 'EEXIST'].includes(code)) throw error;
    process.stderr.write(
      `${join(root, 'latest')}: left as it is (${code}), since it belongs to another user\n`,
    );
  }
}

/** Writes a file in place of what has its name, and through no link. */
export function replaceFile(path: string, text: string): void {
  const fresh = `${path}.${process.pid}.part`;
  const file = openSync(fresh, 'wx');
  try {
    writeFileSync(file, text);
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}
