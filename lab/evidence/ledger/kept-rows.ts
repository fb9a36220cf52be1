import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import { type ConnectionRow, lineOf, rowOf } from '../../../protocol/connection-rows.ts';
import { IteratedLines } from '../packed-lines.ts';

/** Bytes of rows that are kept in one piece. */
const PIECE = 65_536;
const LINE_FEED = 0x0a;

/** Many connections in little memory, as their rows. Each line is made anew whenever it is asked for: what is changed in it is not kept. */
export class KeptRows extends IteratedLines<ConnectionLine> {
  /** Rows with a line feed behind each; all characters of a row are ASCII. */
  readonly #pieces: Buffer[] = [];
  /** The last one, which is not full yet. */
  #piece = Buffer.alloc(0);
  #end = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(...lines: ConnectionLine[]): number {
    for (const line of lines) this.pushRow(rowOf(line));
    return this.#length;
  }

  pushRow(row: ConnectionRow): void {
    if (this.#end + row.length >= this.#piece.length) this.#begin(Math.max(PIECE, row.length + 1));
    this.#end += this.#piece.write(row, this.#end, 'latin1');
    this.#piece[this.#end] = LINE_FEED;
    this.#end += 1;
    this.#length += 1;
  }

  #begin(bytes: number): void {
    if (this.#end > 0) this.#pieces.push(this.#piece.subarray(0, this.#end));
    this.#piece = Buffer.allocUnsafeSlow(bytes);
    this.#end = 0;
  }

  *[Symbol.iterator](): Generator<ConnectionLine> {
    for (const row of this.rows()) yield lineOf(row);
  }

  /** The rows, each a text of its own: one that is kept keeps none of the others. */
  *rows(): Generator<ConnectionRow> {
    for (const piece of [...this.#pieces, this.#piece.subarray(0, this.#end)]) {
      let from = 0;
      while (from < piece.length) {
        const to = piece.indexOf(LINE_FEED, from);
        yield piece.toString('latin1', from, to);
        from = to + 1;
      }
    }
  }
}
