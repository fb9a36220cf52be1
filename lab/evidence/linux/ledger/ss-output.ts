import type { Readable } from 'node:stream';
import { readText } from '../../../../system/read.ts';
import type { UnlinkedFile } from './unlinked-file.ts';

/** A text of whole lines, when they were written at the latest, and the earliest moment at which the first can have been. */
export type OnLines = (text: Buffer, at: number, from: number) => void;

/** What `ss -E` prints, wherever that goes. */
export interface SsOutput {
  /** Its stdout, as spawn(2) wants it. */
  readonly stdout: 'pipe' | number;
  /** Another ss has begun to write. */
  follow(pid: number | undefined, stdout: Readable | null): void;
  /** Takes what has been written since, or much of it; true: there may be more by now. */
  read(): boolean;
  /** The one before has ended: what it had written is read, and half a line forgotten. */
  finish(): void;
  /** Nothing could be read since that moment. */
  blind(since: number): void;
  /** Since lines were read last, ms. */
  readonly silentMs: number;
  /** How often there was no room for its lines. */
  readonly overflows: number;
  end(): void;
}

/** A step of the kernel's clock, at most (HZ=100). */
const TICK = 10;
/** A burst of 15 000 lines is less. */
const KEPT = 8 << 20;
/** For that an ss must stand still: so long it is waited for, ms, since the kernel goes on telling it meanwhile. */
const STILL_MS = 2;

/**
 * A file that has no name, read from time to time: each line of a pipe would wake us, and a pipe that is full holds up ss until the
 * kernel has no room for what it should tell.
 */
export class SsFile implements SsOutput {
  readonly #file: UnlinkedFile;
  readonly #onLines: OnLines;
  readonly #kept: number;
  #pid: number | undefined;
  #lastRead = Date.now();
  #lastLine = performance.now();
  overflows = 0;

  /** `kept`: what was read is given back from that size on, bytes. */
  constructor(file: UnlinkedFile, onLines: OnLines, kept = KEPT) {
    this.#file = file;
    this.#kept = kept;
    this.#onLines = onLines;
  }

  get stdout(): number {
    return this.#file.fd;
  }

  get silentMs(): number {
    return performance.now() - this.#lastLine;
  }

  follow(pid: number | undefined): void {
    this.#pid = pid;
  }

  blind(): void {}

  finish(): void {
    while (this.#readPart() > 0);
    this.#file.skipRest();
    this.#pid = undefined;
  }

  end(): void {
    this.#file.close();
  }

  read(): boolean {
    const length = this.#readPart();
    const isFull = length > 0 && this.#file.isFull;
    if (isFull) this.overflows += 1;
    if (isFull || this.#file.size > this.#kept) this.#giveBack();
    return length > BIG;
  }

  #readPart(): number {
    const now = Date.now();
    const lines = this.#file.read();
    const { length } = lines;
    if (length > 0) {
      this.#lastLine = performance.now();
      const at = Math.min(Date.now(), Math.ceil(this.#file.writtenAt) + TICK);
      this.#onLines(lines, at, Math.min(at, this.#lastRead));
    }
    // What is left has been there before.
    if (length <= BIG) this.#lastRead = now;
    return length;
  }

  /** What ss writes after it was read, and before the file is emptied, would be lost: so it is made to stand still meanwhile. */
  #giveBack(): void {
    const pid = this.#pid;
    if (pid === undefined) return;
    try {
      process.kill(pid, 'SIGSTOP');
      if (standsStill(pid)) {
        while (this.#readPart() > 0);
        this.#file.empty();
      }
    } finally {
      process.kill(pid, 'SIGCONT');
    }
  }
}

/** Of so many bytes at once there may be more. */
const BIG = 256 << 10;

/** Where no such file can be made: read as it comes, and together where much comes, which costs a tenth. */
export class SsPipe implements SsOutput {
  readonly stdout = 'pipe';
  readonly overflows = 0;
  readonly #onLines: OnLines;
  readonly #lines = new Lines();
  #from: Readable | null = null;
  #blindSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;
  #lastLine = 0;

  constructor(onLines: OnLines) {
    this.#onLines = onLines;
  }

  get silentMs(): number {
    return performance.now() - this.#lastLine;
  }

  follow(_pid: number | undefined, stdout: Readable | null): void {
    this.#from = stdout;
    stdout?.on('data', (text: Buffer) => this.#take(text));
  }

  /** Its lines come by themselves. */
  read(): boolean {
    return false;
  }

  finish(): void {
    this.#lines.forget();
  }

  blind(since: number): void {
    if (this.#blindSince !== undefined) return;
    this.#blindSince = since;
    // By then what has come meanwhile has been read.
    setImmediate(() => {
      if (this.#timer === undefined) this.#blindSince = undefined;
    });
  }

  end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#from?.resume();
  }

  #take(text: Buffer): void {
    const at = Date.now();
    this.#lastLine = performance.now();
    const from = this.#blindSince ?? at;
    const lines = this.#lines.take(text);
    if (lines.length > 0) this.#onLines(lines, at, from);
    this.#blindSince = undefined;
    if (lines.length >= BURST && text.length < FULL && !this.#over) this.#readTogether();
  }

  /** Lets more come together. */
  #readTogether(): void {
    this.#blindSince = Date.now();
    this.#from?.pause();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#from?.resume();
    }, TOGETHER_MS);
  }
}

/** So much at once, some lines, is a burst, bytes. */
const BURST = 1600;
/** What comes in a burst is read together, each so many ms. */
const TOGETHER_MS = 30;
/** What is in the pipe at most is more than that. */
const FULL = 48 << 10;

/** The file where one can be made, else the pipe. */
export function ssOutput(file: UnlinkedFile | undefined, onLines: OnLines): SsOutput {
  return file ? new SsFile(file, onLines) : new SsPipe(onLines);
}

const NOTHING = Buffer.alloc(0);

class Lines {
  #rest = NOTHING;

  /** All that are whole, with their ends. */
  take(text: Buffer): Buffer {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, text]) : text;
    const end = all.lastIndexOf('\n') + 1;
    this.#rest = Buffer.from(all.subarray(end));
    return all.subarray(0, end);
  }

  forget(): void {
    this.#rest = NOTHING;
  }
}

/** Waits until a process that was told to stop has stopped, or ended. */
function standsStill(pid: number): boolean {
  for (const end = performance.now() + STILL_MS; performance.now() < end; ) {
    const stat = readText(`/proc/${pid}/stat`);
    if (stat === undefined || /\) [TtZX]/.test(stat)) return true;
  }
  return false;
}
