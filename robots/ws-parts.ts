/** The parts of the `ws` package (exported by it, absent from @types/ws) that turn bytes into frames and back. */
import type { Writable } from 'node:stream';

export interface ReceiverOptions {
  isServer: boolean;
  maxPayload: number;
}

/** Emits `message` (Buffer, isBinary), `ping` (Buffer), `conclude` (code, reason), `error`; all while written to. */
export type WsReceiver = Writable;

export interface FrameOptions {
  fin: boolean;
  opcode: number;
  mask: boolean;
  readOnly: boolean;
  rsv1: boolean;
  /** Fills in the four bytes of the mask; absent: random ones. */
  generateMask?: (mask: Buffer) => void;
}

export interface WsSender {
  frame(data: Buffer, options: FrameOptions): Buffer[];
}
