import { join } from 'node:path';
import type { Keep, KeptLine } from '../evidence/lab-lines.ts';
import { AppendedFile } from './appended-file.ts';
import { InTime } from './in-time.ts';

/** What is kept elsewhere than with the time series: by event, the file. */
const FILES: Partial<Record<KeptLine['event'], string>> = {
  user: 'users',
  connection: 'connections',
  'traced-reset': 'trace',
  raw: 'darwin',
};
const SERIES = 'samples';

/** All files that evidence can be in, in the order in which they are read. */
export const EVIDENCE_FILES: readonly string[] = [SERIES, ...Object.values(FILES)];

/** The files that the evidence of one execution is appended to, line by line as it comes. */
export class EvidenceFiles {
  readonly #files = new Map<string, AppendedFile>();
  readonly #open: (file: string) => AppendedFile;
  readonly #series = new InTime((json) => this.#file(SERIES).append(json));

  /**
   * @param prefix `fix-` for the second run in the same folder
   * @param onFailed called with the path and the error where a file cannot be written
   */
  constructor(folder: string, prefix: string, onFailed: (path: string, error: unknown) => void) {
    this.#open = (name) => {
      const path = join(folder, `${prefix}${name}.ndjson`);
      return new AppendedFile(path, (error) => onFailed(path, error));
    };
    // There also when nobody came.
    for (const name of [SERIES, 'users']) this.#file(name);
  }

  readonly keep: Keep = (line) => this.#keep(line, '');

  /** The same for one gateway of several, from 0: each line of it has its number, from 1. */
  readonly keepOf = (gateway: number | undefined): Keep =>
    gateway === undefined ? this.keep : (line) => this.#keep(line, `{"gateway":${gateway + 1},`);

  #keep(line: Parameters<Keep>[0], head: string): void {
    if (line.event === 'trace' && line.available) this.#file('trace');
    const whole = 'json' in line ? line.json : JSON.stringify(line);
    const json = head === '' ? whole : head + whole.slice(1);
    const file = FILES[line.event];
    if (file === undefined && 'at' in line) this.#series.add(line.at, json);
    else this.#file(file ?? SERIES).append(json);
  }

  /** Writes what is not written yet. */
  end(): void {
    this.#series.end();
    for (const file of this.#files.values()) file.end();
  }

  #file(name: string): AppendedFile {
    const known = this.#files.get(name) ?? this.#open(name);
    this.#files.set(name, known);
    return known;
  }
}
