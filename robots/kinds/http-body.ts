import type { Head } from './http-head.ts';

/** How much of a response's body is still to come; the bytes themselves are not kept. */
export interface Body {
  take(bytes: Buffer): void;
  /** Whether all of it is there, so that the next answer may begin. */
  readonly complete: boolean;
  /** Whether it is as long as what comes before the server's FIN. */
  readonly endsAtEof: boolean;
}

/** The body that a head announces (RFC 9112 §6.3), of an answer to a GET. */
export function bodyOf({ status, fields }: Head): Body {
  if (status === 204 || status === 304) return new Counted(0);
  const coding = fields.get('transfer-encoding');
  if (coding !== undefined) return /(?:^|,)\s*chunked\s*$/i.test(coding) ? new Chunked() : UNTIL_EOF;
  const length = fields.get('content-length');
  return length === undefined ? UNTIL_EOF : new Counted(Number(length));
}

const UNTIL_EOF: Body = { take() {}, complete: false, endsAtEof: true };

class Counted implements Body {
  readonly endsAtEof = false;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  take(bytes: Buffer): void {
    this.#left -= bytes.length;
  }

  get complete(): boolean {
    return this.#left <= 0;
  }
}

const LF = 10;

/** RFC 9112 §7.1: a line with the size, the data with its line end, …; size 0, then trailers up to an empty line. */
class Chunked implements Body {
  readonly endsAtEof = false;
  #reading: 'size' | 'data' | 'trailer' | 'nothing' = 'size';
  #line = '';
  #left = 0;

  take(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && this.#reading !== 'nothing'; ) {
      if (this.#reading === 'data') {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.#reading = 'size';
        continue;
      }
      const end = bytes.indexOf(LF, at);
      this.#line += bytes.toString('latin1', at, end === -1 ? bytes.length : end);
      if (end === -1) return;
      at = end + 1;
      this.#readLine(this.#line.trimEnd());
      this.#line = '';
    }
  }

  get complete(): boolean {
    return this.#reading === 'nothing';
  }

  #readLine(line: string): void {
    if (this.#reading === 'trailer') {
      if (line === '') this.#reading = 'nothing';
      return;
    }
    const size = Number.parseInt(line, 16);
    this.#reading = size === 0 ? 'trailer' : 'data';
    // With the line end behind it. What is no size ends nothing: such a response is never complete.
    this.#left = size > 0 ? size + 2 : Number.POSITIVE_INFINITY;
  }
}
