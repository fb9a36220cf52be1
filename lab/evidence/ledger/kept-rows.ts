import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import { type ConnectionRow, lineOf, rowOf } from '../../../protocol/connection-rows.ts';
import { IteratedLines } from '../packed-lines.ts';

/** Characters of rows that are put together. */
const ENOUGH = 65_536;

/** Many connections in little memory, as their rows. Each line is made anew whenever it is asked for: what is changed in it is not kept. */
export class KeptRows extends IteratedLines<ConnectionLine> {
  /** Rows with a line feed between them; all characters of a row are ASCII. */
  readonly #chunks: Buffer[] = [];
  #last: ConnectionRow[] = [];
  #lastLength = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(...lines: ConnectionLine[]): number {
    for (const line of lines) this.pushRow(rowOf(line));
    return this.#length;
  }

  pushRow(row: ConnectionRow): void {
    this.#last.push(row);
    this.#length += 1;
    this.#lastLength += row.length;
    if (this.#lastLength < ENOUGH) return;
    this.#chunks.push(Buffer.from(this.#last.join('\n'), 'latin1'));
    this.#last = [];
    this.#lastLength = 0;
  }

  *[Symbol.iterator](): Generator<ConnectionLine> {
    for (const chunk of this.#chunks)
      for (const row of chunk.toString('latin1').split('\n')) yield lineOf(row);
    for (const row of this.#last) yield lineOf(row);
  }
}
