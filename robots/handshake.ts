import { hash } from 'node:crypto';
import { PATH } from '../protocol/betting.ts';
import { fieldsOf } from './kinds/http-head.ts';
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

/** The upgrade request, in latin1. `authority` is host:port. */
export function upgradeRequest(authority: string, key: string, path = PATH): string {
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`
  );
}

/** More is needed; or it is an upgrade whose frames begin at `rest`; or it is wrong, and how. */
export type Response = { is: 'partial' } | { is: 'upgraded'; rest: number } | { is: 'bad'; says: string };

const PARTIAL: Response = { is: 'partial' };

/** Reads the answer to an upgrade request from all the bytes received so far (RFC 6455 §4.1). */
export function readResponse(received: Buffer, accept: string): Response {
  const end = received.indexOf('\r\n\r\n', 0, 'latin1');
  if (end === -1) {
    if (received.length > LARGEST_HEAD) return bad(`no end of the response head in ${LARGEST_HEAD} bytes`);
    return startsLikeHttp(received) ? PARTIAL : bad('not an HTTP response');
  }
  const head = received.toString('latin1', 0, end);
  const [before, after] = halves(head, accept);
  if (before !== good?.before || after !== good.after) {
    const wrong = startsLikeHttp(received) ? wrongIn(head, accept) : 'not an HTTP response';
    if (wrong !== undefined) return bad(wrong);
    good = { before, after };
  }
  return { is: 'upgraded', rest: end + 4 };
}

// A gateway says the same to every user but for the accept value: one answer to take apart, thousands to compare.
let good: { before: string; after: string } | undefined;

function halves(head: string, accept: string): [string, string] {
  const at = head.indexOf(accept);
  return at === -1 ? ['', head] : [head.slice(0, at), head.slice(at + accept.length)];
}

function wrongIn(head: string, accept: string): string | undefined {
  const [status = '', ...fields] = head.split('\r\n');
  if (!/^HTTP\/1\.1 101(?: |$)/.test(status)) return status.slice(0, 80);
  const headers = fieldsOf(fields);
  if (headers.get('upgrade')?.toLowerCase() !== 'websocket') return '101 without Upgrade: websocket';
  if (!/(?:^|,)\s*upgrade\s*(?:,|$)/i.test(headers.get('connection') ?? '')) {
    return '101 without Connection: Upgrade';
  }
  if (headers.get('sec-websocket-accept') !== accept) return 'wrong Sec-WebSocket-Accept';
  for (const name of ['extensions', 'protocol']) {
    if (headers.has(`sec-websocket-${name}`)) return `an answer with ${name} that nobody asked for`;
  }
  return undefined;
}

function bad(says: string): Response {
  return { is: 'bad', says };
}

function startsLikeHttp(received: Buffer): boolean {
  return 'HTTP/'.startsWith(received.toString('latin1', 0, 5));
}
