import type { GatewayMessage } from '../protocol/betting.ts';

/**
 * The bytes of one unmasked, uncompressed WebSocket text message (RFC 6455, 5.2), ready for any number of sockets:
 * framing once and writing the same buffer to all is what makes a broadcast cheap.
 */
export function textFrame(message: GatewayMessage): Buffer {
  const payload = JSON.stringify(message);
  const size = Buffer.byteLength(payload);
  const head = size <= 125 ? 2 : size <= 0xffff ? 4 : 10;
  const frame = Buffer.allocUnsafe(head + size);
  frame[0] = 0x81;
  frame[1] = head === 2 ? size : head === 4 ? 126 : 127;
  if (head === 4) frame.writeUInt16BE(size, 2);
  if (head === 10) frame.writeBigUInt64BE(BigInt(size), 2);
  frame.write(payload, head);
  return frame;
}

/** The bytes of a ping without payload (RFC 6455, 5.5.2). */
export const PING = Buffer.from([0x89, 0x00]);
