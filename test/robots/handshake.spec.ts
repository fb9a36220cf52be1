import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  acceptOf,
  keyOf,
  type Response,
  readResponse,
  upgradeRequest,
  upgradeRequests,
} from '../../robots/handshake.ts';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const ACCEPT = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=';

function answer({
  status = 'HTTP/1.1 101 Switching Protocols',
  upgrade = 'Upgrade: websocket',
  connection = 'Connection: Upgrade',
  accept = `Sec-WebSocket-Accept: ${ACCEPT}`,
  more = '',
} = {}): Buffer {
  const lines = [status, upgrade, connection, accept, more].filter(Boolean);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

/** Reads as a robot does: from all bytes so far, until it is more than partial. */
function readInPieces(bytes: Buffer, cuts: number[]): Response {
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length))].sort((a, b) => a - b);
  for (const end of ends) {
    const response = readResponse(bytes.subarray(0, end), ACCEPT);
    if (response.is !== 'partial') return response;
  }
  return readResponse(bytes, ACCEPT);
}

describe('handshake', () => {
  it('computes the accept value of RFC 6455 §1.3', () => assert.equal(acceptOf(KEY), ACCEPT));

  it('gives each user a key of 16 bytes, the same for the same seed', () => {
    const keys = Array.from({ length: 1000 }, (_, id) => keyOf(1, id));
    assert.equal(new Set(keys).size, 1000);
    for (const key of keys) assert.equal(Buffer.from(key, 'base64').length, 16);
    assert.equal(keyOf(1, 5), keyOf(1, 5));
    assert.notEqual(keyOf(1, 5), keyOf(2, 5));
  });

  it('asks for /bets', () => {
    const request = upgradeRequest('gateway:8080', KEY);
    assert.match(request, /^GET \/bets HTTP\/1\.1\r\nHost: gateway:8080\r\n/);
    assert.match(request, /\r\n\r\n$/);
  });

  it('asks the same for thousands, but for the key, unless one is given', () => {
    const headers = ['X-Key', 'sec-websocket-key', 'Host'].map((name) => [name, 'mine'] as const);
    fc.assert(
      fc.property(fc.subarray(headers), fc.nat(), (given, user) => {
        const requestWith = upgradeRequests('gateway:8080', '/a', given);
        for (const key of [keyOf(1, user), keyOf(1, user + 1)])
          assert.equal(requestWith(key), upgradeRequest('gateway:8080', key, '/a', given));
      }),
    );
  });

  it('is the same however the answer is split', () => {
    const frames = fc.uint8Array({ maxLength: 20 });
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 6 }), frames, fc.boolean(), (cuts, rest, good) => {
        const head = good ? answer() : answer({ accept: 'Sec-WebSocket-Accept: no' });
        const response = readInPieces(Buffer.concat([head, rest]), cuts);
        const expected = good
          ? { is: 'upgraded', rest: head.length }
          : { is: 'bad', says: 'wrong Sec-WebSocket-Accept' };
        assert.deepEqual(response, expected);
      }),
    );
  });

  it('never throws and never upgrades on anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        assert.notEqual(readResponse(Buffer.from(bytes), ACCEPT).is, 'upgraded');
      }),
    );
    for (const bytes of ['\r\n\r\n', 'HTTP/\r\n\r\n', `${ACCEPT}\r\n\r\n`]) {
      assert.equal(readResponse(Buffer.from(bytes), ACCEPT).is, 'bad', JSON.stringify(bytes));
    }
  });

  for (const [says, change] of [
    ['HTTP/1.1 404 Not Found', { status: 'HTTP/1.1 404 Not Found' }],
    ['HTTP/1.0 101 Switching Protocols', { status: 'HTTP/1.0 101 Switching Protocols' }],
    ['HTTP/1.1 1010', { status: 'HTTP/1.1 1010' }],
    ['101 without Upgrade: websocket', { upgrade: '' }],
    ['101 without Upgrade: websocket', { upgrade: 'Upgrade: h2c' }],
    ['101 without Connection: Upgrade', { connection: 'Connection: close' }],
    ['wrong Sec-WebSocket-Accept', { accept: '' }],
    ['wrong Sec-WebSocket-Accept', { accept: `Sec-WebSocket-Accept: ${ACCEPT.toLowerCase()}` }],
    [
      'an answer with extensions that was not requested',
      { more: 'Sec-WebSocket-Extensions: permessage-deflate' },
    ],
    ['an answer with protocol that was not requested', { more: 'Sec-WebSocket-Protocol: chat' }],
  ] as const) {
    it(`refuses ${JSON.stringify(change)}, before and after a good answer`, () => {
      const bad = { is: 'bad', says, ...(says.startsWith('HTTP/1.1 404') && { status: 404 }) };
      assert.deepEqual(readResponse(answer(change), ACCEPT), bad);
      assert.equal(readResponse(answer(), ACCEPT).is, 'upgraded');
      assert.deepEqual(readResponse(answer(change), ACCEPT), bad);
    });
  }

  it('knows an answer again only with the accept value of the user', () => {
    const [key, other] = [keyOf(1, 1), keyOf(1, 2)];
    const to = (of: string) => answer({ accept: `Sec-WebSocket-Accept: ${acceptOf(of)}` });
    assert.equal(readResponse(to(key), acceptOf(key)).is, 'upgraded');
    assert.equal(readResponse(to(other), acceptOf(other)).is, 'upgraded');
    assert.equal(readResponse(to(key), acceptOf(other)).is, 'bad');
    const more = Buffer.concat([to(other), Buffer.from('HTTP/1.1')]);
    assert.deepEqual(readResponse(more, acceptOf(other)), { is: 'upgraded', rest: to(other).length });
  });

  it('passes over interim answers, and finds the frames behind the one that counts', () => {
    const interim = Buffer.from(
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
    );
    const all = Buffer.concat([interim, answer()]);
    for (let end = 1; end < all.length; end++)
      assert.equal(readResponse(all.subarray(0, end), ACCEPT).is, 'partial', `${end}`);
    assert.deepEqual(readResponse(all, ACCEPT), { is: 'upgraded', rest: all.length });
    const refusing = Buffer.concat([interim, answer({ status: 'HTTP/1.1 503 Busy' })]);
    assert.deepEqual(readResponse(refusing, ACCEPT), { is: 'bad', says: 'HTTP/1.1 503 Busy', status: 503 });
  });

  it('accepts other letter cases, spaces and list forms', () => {
    const headers = { upgrade: 'UPGRADE:WebSocket', connection: 'connection: keep-alive ,  upgrade' };
    assert.equal(readResponse(answer(headers), ACCEPT).is, 'upgraded');
  });

  it('gives up on a head without end', () => {
    const endless = Buffer.from(`HTTP/1.1 101 ${'x'.repeat(20_000)}`);
    assert.equal(readResponse(endless, ACCEPT).is, 'bad');
    assert.equal(readResponse(endless.subarray(0, 10_000), ACCEPT).is, 'partial');
  });
});
