import { type GatewayMessage, parseMessage } from '../protocol/betting.ts';

/** The end of a round is two broadcasts, and a third may be on its way. */
const REMEMBERED = 4;

/**
 * Gives a function that parses what the gateway sends; undefined for what is no message. A broadcast is the same bytes
 * for everyone, so what is not for one robot alone is remembered: thousands of messages, one to parse.
 */
export function parserWithMemory(): (payload: Buffer) => GatewayMessage | undefined {
  const known: { bytes: Buffer; message: GatewayMessage }[] = [];
  let oldest = 0;
  return (payload) => {
    for (const { bytes, message } of known) {
      if (bytes.length === payload.length && bytes.equals(payload)) return message;
    }
    const message = parseMessage(payload.toString());
    if (message !== undefined && message.type !== 'bet-ack' && message.type !== 'bet-reject') {
      known[oldest] = { bytes: Buffer.from(payload), message };
      oldest = (oldest + 1) % REMEMBERED;
    }
    return message;
  };
}
