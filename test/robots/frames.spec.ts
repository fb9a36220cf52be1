import assert from 'node:assert/strict';
import type { Writable } from 'node:stream';
import fc from 'fast-check';
import * as ws from 'ws';
import { areWholeMessages, closeFrame, type Hearer, readFrames, textFrame } from '../../robots/frames.ts';

/** What a server of the ws package reads, and the first byte of each frame's mask. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

class Ear implements Hearer {
  receiver: Hearer['receiver'];
  readonly heard: string[] = [];
  heardMessage = (payload: Buffer) => void this.heard.push(`message ${payload}`);
  heardPing = (payload: Buffer) => void this.heard.push(`ping ${payload}`);
  heardClose = (code: number, reason: Buffer) => void this.heard.push(`close ${code} ${reason}`.trim());
  heardAnswer = () => {};
  heardWords = (bytes: Buffer) => void this.heard.push(`words ${bytes}`);
  heardFailure = (says: string) => void this.heard.push(`failure ${says}`);
  heardGarbage = (says: string) => void this.heard.push(`garbage ${says}`);
}

function frame(first: number, payload: string | number[]): Buffer {
  const body = Buffer.from(payload as string);
  const head =
    body.length < 126
      ? [first, body.length]
      : body.length < 65_536
        ? [first, 126, body.length >> 8, body.length & 255]
        : [first, 127, 0, 0, 0, 0, 0, body.length >> 16, (body.length >> 8) & 255, body.length & 255];
  return Buffer.concat([Buffer.from(head), body]);
}

const message = fc.string({ maxLength: 300, unit: fc.constantFrom('a', 'b', '7') });

describe('frames', () => {
  it('are heard the same however they are split, by users in turn', () => {
    const texts = fc.array(message, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(texts, fc.array(fc.nat(), { maxLength: 8 }), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map((text) => frame(0x81, text)));
        const ends = [...cuts.map((cut) => cut % bytes.length), bytes.length].sort((a, b) => a - b);
        const ears = [new Ear(), new Ear()];
        const buffer = Buffer.alloc(bytes.length);
        let start = 0;
        for (const end of ends) {
          for (const ear of ears) {
            // As on a socket: the buffer is used again for whoever reads next.
            bytes.copy(buffer, 0, start, end);
            readFrames(ear, buffer.subarray(0, end - start));
            buffer.fill(0);
          }
          start = end;
        }
        for (const ear of ears) {
          assert.deepEqual(
            ear.heard,
            messages.map((text) => `message ${text}`),
          );
        }
      }),
    );
  });

  it('may be fragments with a ping between them', () => {
    const ear = new Ear();
    readFrames(ear, Buffer.concat([frame(0x01, 'one '), frame(0x89, 'p'), frame(0x80, 'two')]));
    assert.deepEqual(ear.heard, ['ping p', 'message one two']);
  });

  it('may be longer than 64 KB', () => {
    const ear = new Ear();
    readFrames(ear, frame(0x81, 'x'.repeat(70_000)));
    assert.equal(ear.heard[0]?.length, 'message '.length + 70_000);
  });

  for (const [what, bytes, heard] of [
    ['a close frame', frame(0x88, [0x0f, 0xa1]), ['close 4001']],
    ['a close frame with a reason', frame(0x88, [0x0f, 0xa1, 0x67, 0x6f]), ['close 4001 go']],
    ['a close frame without a code', frame(0x88, ''), ['close 1005']],
    [
      'reserved bits',
      Buffer.from([0xff, 0xff, 0xff]),
      ['garbage Invalid WebSocket frame: RSV2 and RSV3 must be clear'],
    ],
    [
      'a masked frame',
      Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0x61]),
      ['garbage Invalid WebSocket frame: MASK must be clear'],
    ],
    [
      'text that is not UTF-8',
      frame(0x81, [0xff]),
      ['garbage Invalid WebSocket frame: invalid UTF-8 sequence'],
    ],
  ] as const) {
    it(`${what} of one user is nothing to the next`, () => {
      const [first, next] = [new Ear(), new Ear()];
      readFrames(first, bytes);
      readFrames(first, frame(0x81, 'after'));
      assert.deepEqual(first.heard.slice(0, 1), heard);
      readFrames(next, frame(0x81, 'hello'));
      assert.deepEqual(next.heard, ['message hello']);
    });
  }

  it('are heard in their order, and nothing behind garbage or a close frame', () => {
    for (const [last, heard] of [
      [frame(0x88, [0x0f, 0xa1]), 'close 4001'],
      [frame(0x81, [0xff]), 'garbage Invalid WebSocket frame: invalid UTF-8 sequence'],
    ] as const) {
      const ear = new Ear();
      const parts = [frame(0x81, 'a'), frame(0x89, 'p'), frame(0x82, 'b'), last, frame(0x81, 'after')];
      readFrames(ear, Buffer.concat(parts));
      assert.deepEqual(ear.heard, ['message a', 'ping p', 'message b', heard]);
    }
  });

  it('of ours are read by a server as they were meant, each with a mask of its own', () => {
    const texts = fc.oneof(fc.string({ unit: 'binary', maxLength: 140 }), fc.string({ minLength: 120 }));
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1 }), fc.constantFrom(1000, 4001), (said, code) => {
        const heard: string[] = [];
        const server = new Receiver({ isServer: true })
          .on('message', (payload: Buffer) => heard.push(payload.toString()))
          .on('conclude', (code: number) => heard.push(`${code}`));
        for (const text of said) server.write(textFrame(text));
        for (const text of said) server.write(textFrame(Buffer.from(text)));
        server.write(closeFrame(code));
        assert.deepEqual(heard, [...said, ...said, `${code}`]);
      }),
    );
    const masks = Array.from({ length: 5000 }, () => textFrame('x').readUInt32BE(2));
    assert.ok(new Set(masks).size > 4990, 'masks repeat');
  });

  it('cost no receiver when they come whole', () => {
    const ear = new Ear();
    readFrames(ear, Buffer.concat([frame(0x81, 'a'), frame(0x81, 'b'.repeat(200))]));
    assert.equal(ear.receiver, undefined);
    assert.equal(ear.heard.length, 2);
  });

  it('are not whole with a byte too few or too many', () => {
    for (const whole of [frame(0x81, 'abc'), frame(0x81, 'b'.repeat(200))]) {
      assert.equal(areWholeMessages(whole), true);
      assert.equal(areWholeMessages(whole.subarray(0, -1)), false);
      assert.equal(areWholeMessages(Buffer.concat([whole, Buffer.from([0x81])])), false);
    }
    assert.equal(areWholeMessages(frame(0x01, 'first part')), false);
    assert.equal(areWholeMessages(frame(0x80, 'last part')), false);
  });
});
