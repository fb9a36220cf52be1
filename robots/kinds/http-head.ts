import { isFailure, isInterim, statusOf } from './http-status.ts';

/** Of a final head, with all interim ones before it. */
const LARGEST_HEAD = 65_536;

/** `HTTP/1.1 200`, and what ends it. */
const STATUS_ENDS = 13;

/** The head of a response, its field names in lower case; the body begins at `rest`. */
export interface Head {
  is: 'answered';
  rest: number;
  status: number;
  fields: Map<string, string>;
  /** Whether another request may follow on the same connection (RFC 9112 §9.3). */
  persists: boolean;
}

/** More is needed; or it is a head; or it is wrong or tells of a failure, and how; `status` where it has one. */
export type HeadRead = { is: 'partial' } | Head | { is: 'bad'; says: string; status?: number };

/** Reads the head of the final response from all the bytes received so far (RFC 9112 §4, §5). Interim ones (1xx) are skipped. */
export function readHead(received: Buffer): HeadRead {
  const from = afterInterim(received);
  const end = received.indexOf('\r\n\r\n', from, 'latin1');
  if (!beginsLikeHttp(received, from)) return { is: 'bad', says: 'not an HTTP response' };
  if (end === -1) {
    if (received.length <= LARGEST_HEAD) return { is: 'partial' };
    return { is: 'bad', says: `no end of the response head in ${LARGEST_HEAD} bytes` };
  }
  const [line = '', ...fields] = received.toString('latin1', from, end).split('\r\n');
  const status = statusOf(line);
  if (status === undefined || status === 101) return { is: 'bad', says: line.slice(0, 80) };
  if (isFailure(status)) return { is: 'bad', says: line.slice(0, 80), status };
  const named = fieldsOf(fields);
  return { is: 'answered', rest: end + 4, status, fields: named, persists: persists(line, named) };
}

/** Where the first head begins that is not a whole interim one. */
export function afterInterim(received: Buffer): number {
  for (let from = 0; ; ) {
    const status = statusOf(received.toString('latin1', from, from + STATUS_ENDS));
    if (status === undefined || !isInterim(status)) return from;
    const end = received.indexOf('\r\n\r\n', from, 'latin1');
    if (end === -1) return from;
    from = end + 4;
  }
}

/** Whether what came so far is, or may become, a status line. */
export function beginsLikeHttp(received: Buffer, from: number): boolean {
  return 'HTTP/'.startsWith(received.toString('latin1', from, from + 5));
}

function persists(line: string, fields: Map<string, string>): boolean {
  const options = (fields.get('connection') ?? '').toLowerCase().split(/\s*,\s*/);
  return line.startsWith('HTTP/1.1') ? !options.includes('close') : options.includes('keep-alive');
}

/** The values of header lines by their names in lower case. */
export function fieldsOf(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}
