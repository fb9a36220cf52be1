const LARGEST_HEAD = 65_536;

/** The head of a response, its field names in lower case; the body begins at `rest`. */
export interface Head {
  is: 'answered';
  rest: number;
  status: number;
  fields: Map<string, string>;
  /** Whether another request may follow on the same connection (RFC 9112 §9.3). */
  persists: boolean;
}

/** More is needed; or it is a head; or it is wrong, and how. */
export type HeadRead = { is: 'partial' } | Head | { is: 'bad'; says: string };

/**
 * Reads the head of the final response from all the bytes received so far (RFC 9112 §4, §5). Interim ones (1xx) are
 * skipped; a status from 500 is wrong: the server itself says that it failed.
 */
export function readHead(received: Buffer, from = 0): HeadRead {
  const end = received.indexOf('\r\n\r\n', from, 'latin1');
  const begins = received.toString('latin1', from, from + 5);
  if (!'HTTP/'.startsWith(begins)) return { is: 'bad', says: 'not an HTTP response' };
  if (end === -1) {
    if (received.length - from <= LARGEST_HEAD) return { is: 'partial' };
    return { is: 'bad', says: `no end of the response head in ${LARGEST_HEAD} bytes` };
  }
  const [line = '', ...fields] = received.toString('latin1', from, end).split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1]);
  if (!(status >= 100 && status < 500) || status === 101) return { is: 'bad', says: line.slice(0, 80) };
  if (status < 200) return readHead(received, end + 4);
  const named = fieldsOf(fields);
  return { is: 'answered', rest: end + 4, status, fields: named, persists: persists(line, named) };
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
