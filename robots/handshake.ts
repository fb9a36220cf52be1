import { hash } from 'node:crypto';
import { PATH } from '../protocol/betting.ts';
import { afterInterim, beginsLikeHttp, fieldsOf } from './kinds/http-head.ts';
import { statusOf } from './kinds/http-status.ts';
import { type HeaderField, requestHead } from './kinds/request-head.ts';
import { draw32 } from './rng.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const LARGEST_HEAD = 16_384;
const KEY_DRAWS = 0x6b657900;
const scratch = Buffer.alloc(16);

/** The Sec-WebSocket-Key of a robot, from the seed alone: it need not be kept until the answer comes. */
export function keyOf(seed: number, user: number): string {
  for (let i = 0; i < 4; i++) scratch.writeUInt32LE(draw32(seed, user, KEY_DRAWS + i), i * 4);
  return scratch.toString('base64');
}

/** The Sec-WebSocket-Accept that answers a key (RFC 6455 §4.2.2). */
export function acceptOf(key: string): string {
  return hash('sha1', key + GUID, 'base64');
}

/** The upgrade request, in latin1. `authority` is host:port; `given`: headers beside those that an upgrade needs. */
export function upgradeRequest(
  authority: string,
  key: string,
  path = PATH,
  given: readonly HeaderField[] = [],
): string {
  return requestHead(
    path,
    [
      ['Host', authority],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', key],
      ['Sec-WebSocket-Version', '13'],
    ],
    given,
  );
}

/** Gives what makes upgrade requests as `upgradeRequest` does, one for each key: but for that they are the same. */
export function upgradeRequests(
  authority: string,
  path: string,
  given: readonly HeaderField[],
): (key: string) => string {
  const request = upgradeRequest(authority, KEY_PLACE, path, given);
  const at = request.indexOf(`: ${KEY_PLACE}\r\n`);
  // A key of its own may have been given.
  if (at === -1) return () => request;
  const before = request.slice(0, at + 2);
  const after = request.slice(at + 2 + KEY_PLACE.length);
  return (key) => before + key + after;
}

/** Nothing that a header can hold. */
const KEY_PLACE = '\0';

type Bad = { is: 'bad'; says: string; status?: number };

/** More is needed; or it is an upgrade whose frames begin at `rest`; or it is wrong, and how; `status` of any answer but 101. */
export type Response = { is: 'partial' } | { is: 'upgraded'; rest: number } | Bad;

const PARTIAL: Response = { is: 'partial' };

/**
 * Reads the answer to an upgrade request from all the bytes received so far (RFC 6455 §4.1). Interim ones (1xx) are skipped. `offered`:
 * the subprotocols, of which a server may choose one or none.
 */
export function readResponse(received: Buffer, accept: string, offered: readonly string[] = []): Response {
  const known = good && good.before + accept + good.after;
  if (known !== undefined && received.toString('latin1', 0, known.length) === known)
    return { is: 'upgraded', rest: known.length };
  const from = afterInterim(received);
  const end = received.indexOf('\r\n\r\n', from, 'latin1');
  if (end === -1) {
    if (received.length > LARGEST_HEAD) return bad(`no end of the response head in ${LARGEST_HEAD} bytes`);
    return beginsLikeHttp(received, from) ? PARTIAL : bad('not an HTTP response');
  }
  const head = received.toString('latin1', from, end);
  const wrong = wrongIn(head, accept, offered);
  if (wrong !== undefined) return wrong;
  if (from === 0) good = halves(received.toString('latin1', 0, end + 4), accept);
  return { is: 'upgraded', rest: end + 4 };
}

// A gateway says the same to every user but for the accept value: one answer to take apart, thousands to compare.
let good: { before: string; after: string } | undefined;

function halves(head: string, accept: string): typeof good {
  const at = head.indexOf(accept);
  return at === -1 ? undefined : { before: head.slice(0, at), after: head.slice(at + accept.length) };
}

function wrongIn(head: string, accept: string, offered: readonly string[]): Bad | undefined {
  if (!head.startsWith('HTTP/')) return bad('not an HTTP response');
  const [line = '', ...fields] = head.split('\r\n');
  const status = statusOf(line);
  if (status !== 101) return { ...bad(line.slice(0, 80)), ...(status !== undefined && { status }) };
  const wrong = line.startsWith('HTTP/1.1') ? wrongFields(fields, accept, offered) : line.slice(0, 80);
  return wrong === undefined ? undefined : bad(wrong);
}

function wrongFields(
  fields: readonly string[],
  accept: string,
  offered: readonly string[],
): string | undefined {
  const headers = fieldsOf(fields);
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return '101 without Upgrade: websocket';
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(headers.get('connection') ?? '')) {
    return '101 without Connection: Upgrade';
  }
  if (headers.get('sec-websocket-accept') !== accept) return 'wrong Sec-WebSocket-Accept';
  if (headers.has('sec-websocket-extensions')) return 'an answer with extensions that was not requested';
  const chosen = headers.get('sec-websocket-protocol');
  if (chosen === undefined || offered.includes(chosen)) return undefined;
  return offered.length === 0
    ? 'an answer with protocol that was not requested'
    : `the server chose the subprotocol ${JSON.stringify(chosen)}, which was not offered`;
}

function bad(says: string): Bad {
  return { is: 'bad', says };
}
