import { isUtf8 } from 'node:buffer';
import { randomFillSync } from 'node:crypto';
import type { Writable } from 'node:stream';
import * as ws from 'ws';

interface FrameOptions {
  fin: boolean;
  opcode: number;
  mask: boolean;
  readOnly: boolean;
  rsv1: boolean;
  /** Fills in the four bytes of the mask; absent: random ones. */
  generateMask?: (mask: Buffer) => void;
}

/** The parts of the `ws` package (exported by it, absent from @types/ws) that turn bytes into frames and back. */
const { Receiver, Sender } = ws as unknown as {
  /** Emits `message` (Buffer, isBinary), `ping` (Buffer), `conclude` (code, reason), `error`; all while written to. */
  Receiver: new (options: {
    isServer: boolean;
    maxPayload: number;
  }) => Writable;
  Sender: { frame(data: Buffer, options: FrameOptions): Buffer[] };
};
/** Above the largest broadcast that the gateway can be asked for. */
const LARGEST_MESSAGE = 65 * 2 ** 20;
const [CONTINUATION, TEXT, BINARY, CLOSE, PONG] = [0x00, 0x01, 0x02, 0x08, 0x0a];
const FIN = 0x80;
const MASKED = 0x80;
const WHOLE_TEXT = FIN | TEXT;
/** A payload up to here has its length in the second byte. */
const SHORT = 125;
/** Header and mask of a frame that short. */
const SHORT_HEADER = 6;

/** Who hears what the frames hold. The payload is valid during the call only. */
export interface Hearer {
  /** Its own receiver, from the first frame that came in parts. */
  receiver: FrameReceiver | undefined;
  heardMessage(payload: Buffer): void;
  heardPing(payload: Buffer): void;
  heardClose(code: number, reason: Buffer): void;
  heardGarbage(says: string): void;
  /** The server says something that is kept as said; `anew`: it begins another answer. */
  heardWords(bytes: Buffer, anew?: 'anew'): void;
  /** An answer after the first that is none, or tells of a failure (http). */
  heardFailure(says: string, status?: number): void;
  /** The whole of an answer has come (http); `last`: the connection takes no other request. */
  heardAnswer(last: boolean): void;
}

type FrameReceiver = Writable & { hearer?: Hearer | undefined };

let shared = newReceiver();

/**
 * Reads received bytes as frames and tells the hearer. Bytes that are whole messages (nearly always) need no receiver of its own, which
 * takes 2 KB: text is read here, and what else it is goes through a receiver that all robots share, since between messages it has no state.
 */
export function readFrames(hearer: Hearer, bytes: Buffer): void {
  if (hearer.receiver === undefined && areWholeMessages(bytes)) {
    readWhole(hearer, bytes);
    return;
  }
  hearer.receiver ??= newReceiver();
  // It keeps what it cannot use yet, and the bytes are in a buffer that the next socket overwrites.
  feed(hearer.receiver, hearer, Buffer.from(bytes));
}

/** Messages that are all there, one frame each. */
function readWhole(hearer: Hearer, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    const short = (bytes[at + 1] as number) <= SHORT;
    const from = at + (short ? 2 : 4);
    const end = from + (short ? (bytes[at + 1] as number) : bytes.readUInt16BE(at + 2));
    const payload = bytes.subarray(from, end);
    if (bytes[at] === WHOLE_TEXT && isUtf8(payload)) hearer.heardMessage(payload);
    else {
      feed(shared, hearer, bytes.subarray(at, end));
      shared.hearer = undefined;
      // What comes after a close frame, or after garbage, is not read.
      if (shared.writableEnded || shared.errored) {
        shared = newReceiver();
        return;
      }
    }
    at = end;
  }
}

function feed(receiver: FrameReceiver, hearer: Hearer, bytes: Buffer): void {
  if (receiver.writableEnded || receiver.errored) return;
  receiver.hearer = hearer;
  receiver.write(bytes);
  const error = receiver.errored as Error | null;
  if (error) hearer.heardGarbage(error.message);
}

function newReceiver(): FrameReceiver {
  const receiver: FrameReceiver = new Receiver({ isServer: false, maxPayload: LARGEST_MESSAGE });
  return receiver
    .on('message', onMessage)
    .on('ping', onPing)
    .on('conclude', onConclude)
    .on('error', () => {});
}

function onMessage(this: FrameReceiver, payload: Buffer): void {
  this.hearer?.heardMessage(payload);
}

function onPing(this: FrameReceiver, payload: Buffer): void {
  this.hearer?.heardPing(payload);
}

function onConclude(this: FrameReceiver, code: number, reason: Buffer): void {
  this.hearer?.heardClose(code, reason);
}

/** Whether the bytes are complete, unfragmented, unmasked frames and nothing else (RFC 6455 §5.2). */
export function areWholeMessages(bytes: Buffer): boolean {
  let at = 0;
  while (at + 2 <= bytes.length) {
    const first = bytes[at] as number;
    const second = bytes[at + 1] as number;
    if (first < 0x80 || (first & 0x0f) === 0 || second > 126) return false;
    if (second < 126) at += 2 + second;
    else if (at + 4 <= bytes.length) at += 4 + bytes.readUInt16BE(at + 2);
    else return false;
  }
  return at === bytes.length;
}

const masks = Buffer.alloc(8192);
let maskAt = masks.length;

/** Puts header and mask before a short payload that is in the frame as it is, and masks it. */
function finishShort(frame: Buffer, opcode: number): Buffer {
  if (maskAt === masks.length) {
    randomFillSync(masks);
    maskAt = 0;
  }
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (frame.length - SHORT_HEADER);
  for (let i = 0; i < 4; i++) frame[2 + i] = masks[maskAt + i] as number;
  maskAt += 4;
  for (let i = SHORT_HEADER; i < frame.length; i++)
    frame[i] = (frame[i] as number) ^ (frame[2 + ((i - SHORT_HEADER) & 3)] as number);
  return frame;
}

function frame(opcode: number, payload: Buffer): Buffer {
  if (payload.length <= SHORT) {
    const short = Buffer.allocUnsafe(SHORT_HEADER + payload.length);
    short.set(payload, SHORT_HEADER);
    return finishShort(short, opcode);
  }
  // Read-only makes it mask into a buffer that holds the header as well: one write, one system call.
  const parts = Sender.frame(payload, { fin: true, opcode, mask: true, readOnly: true, rsv1: false });
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
}

/** A masked text frame. */
export function textFrame(text: string | Buffer): Buffer {
  if (typeof text !== 'string') return frame(TEXT, text);
  const size = Buffer.byteLength(text);
  if (size > SHORT) return frame(TEXT, Buffer.from(text));
  const short = Buffer.allocUnsafe(SHORT_HEADER + size);
  short.write(text, SHORT_HEADER);
  return finishShort(short, TEXT);
}

/** A masked binary frame. */
export function binaryFrame(payload: Buffer): Buffer {
  return frame(BINARY, payload);
}

/** A masked close frame with this code; 1005 (no code received) is answered without one. */
export function closeFrame(code: number): Buffer {
  return frame(CLOSE, code === 1005 ? Buffer.alloc(0) : Buffer.from([code >> 8, code & 0xff]));
}

/** The masked answer to a ping. */
export function pongFrame(payload: Buffer): Buffer {
  return frame(PONG, payload);
}

/**
 * One of the two fragments of a text message, masked with the four bytes of a number, as a writer sends it that keeps
 * header and payload apart.
 */
export function maskedFragment(payload: Buffer, mask: number, which: 'first' | 'last'): Buffer[] {
  return Sender.frame(Buffer.from(payload), {
    fin: which === 'last',
    opcode: which === 'first' ? TEXT : CONTINUATION,
    mask: true,
    readOnly: false,
    rsv1: false,
    generateMask: (bytes) => bytes.writeUInt32BE(mask),
  });
}
