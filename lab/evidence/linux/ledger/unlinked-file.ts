import { closeSync, constants, fstatSync, ftruncateSync, openSync, readSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Of Linux (include/uapi/asm-generic/fcntl.h); Node has no name for it. A file that never has a name cannot be left behind. */
const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;
const FLAGS = O_TMPFILE | constants.O_RDWR | constants.O_APPEND | constants.O_EXCL;
/** In memory, where there is such a folder. */
const FOLDERS = ['/dev/shm', tmpdir()];
/** Less is no place for a burst: 15 000 lines of 400 bytes are 6 MB. */
const LEAST_FREE = 24 << 20;
const NEWLINE = 10;
/** At most so much is read in one go. */
const PART = 512 << 10;

/** A file without a name, to which another process appends what is read here. It goes with the last process that has it open. */
export class UnlinkedFile {
  readonly fd: number;
  readonly #folder: string;
  readonly #page = Buffer.allocUnsafe(PART);
  #read = 0;

  /** Undefined where none can be made: the folder cannot be written, has no room, or its file system knows no such file. */
  static open(folders: readonly string[] = FOLDERS): UnlinkedFile | undefined {
    for (const folder of folders) {
      try {
        if (freeIn(folder) >= LEAST_FREE) return new UnlinkedFile(folder);
      } catch {
        // The next one.
      }
    }
    return undefined;
  }

  private constructor(folder: string) {
    this.fd = openSync(folder, FLAGS, 0o600);
    this.#folder = folder;
  }

  /**
   * The whole lines among what was appended since, or in the first 512 KiB of it; nothing where there are none. They hold until it is
   * read again.
   */
  read(): Buffer {
    const length = readSync(this.fd, this.#page, 0, PART, this.#read);
    const whole = this.#page.subarray(0, length).lastIndexOf(NEWLINE) + 1;
    this.#read += whole;
    return this.#page.subarray(0, whole);
  }

  /** Passes over what is there of a line that has no end. */
  skipRest(): void {
    this.#read = fstatSync(this.fd).size;
  }

  /** So much of it was read and takes room, bytes. */
  get size(): number {
    return this.#read;
  }

  /** When something was last appended, ms since the epoch: at most one step of the kernel's clock too early (fs/inode.c file_update_time). */
  get writtenAt(): number {
    return fstatSync(this.fd).mtimeMs;
  }

  /** Is there no room for another line? What was written then is lost. */
  get isFull(): boolean {
    return freeIn(this.#folder) === 0;
  }

  /** Throws away all that is in it: whoever appends must stand still, and all lines must have been read. */
  empty(): void {
    ftruncateSync(this.fd, 0);
    this.#read = 0;
  }

  close(): void {
    closeSync(this.fd);
  }
}

function freeIn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
