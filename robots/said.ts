/** So many bytes of what a server said are kept: a sentence of a database, or a status line and what follows. */
const KEPT = 120;

const SHORT: Record<string, string> = { '\r': '\\r', '\n': '\\n', '\t': '\\t' };

/** The first bytes that came from a server, in latin1: those that were known, then these, 120 in all at most. */
export function firstBytes(known: string, bytes: Buffer): string {
  return known.length >= KEPT ? known : known + bytes.toString('latin1', 0, KEPT - known.length);
}

/** Bytes in latin1 as they are printed: printable ASCII as it is, `\r`, `\n`, `\t`, and any other byte as `\xNN`. */
export function printed(latin1: string): string {
  return latin1.replace(
    /[^ -~]/g,
    (byte) => SHORT[byte] ?? `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

const END = '\r\n';

let line = '';
/** The line and its end. */
let common = '';

/** The status line at the beginning of a head. A server says nearly the same to everyone, so that thousands share one string. */
export function statusLine(head: Buffer): string {
  if (common !== '' && head.toString('latin1', 0, common.length) === common) return line;
  line = firstBytes('', head).split(END, 1)[0] as string;
  common = line + END;
  return line;
}
