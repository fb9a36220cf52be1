import type { GatewayMessage } from './protocol.ts';

/**
 * The bytes of one unmasked, uncompressed WebSocket text message (RFC 6455, 5.2), ready for any number of sockets:
 * framing once and writing the same buffer to all is what makes a broadcast cheap.
 */
export function textFrame(message: GatewayMessage): Buffer {
  const payload = JSON.stringify(message);
  const size = Buffer.byteLength(payload);
  const wide = size > 125;
  if (size > 0xffff) throw new RangeError(`a message of ${size} bytes does not fit a 16 bit length`);
  const frame = Buffer.allocUnsafe((wide ? 4 : 2) + size);
  frame[0] = 0x81;
  frame[1] = wide ? 126 : size;
  if (wide) frame.writeUInt16BE(size, 2);
  frame.write(payload, wide ? 4 : 2);
  return frame;
}

/** The bytes of a ping without payload (RFC 6455, 5.5.2). */
export const PING = Buffer.from([0x89, 0x00]);
