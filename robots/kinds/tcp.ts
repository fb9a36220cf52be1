import type { Kind } from './kind.ts';

/**
 * Nothing but a connection: open once connected. Of what the server sends the first bytes are kept, and nothing is looked at. A user
 * was to stay open: a server that closes one who asked for nothing has not served it.
 */
export const tcpKind: Kind = {
  waitsFor: 'the TCP handshake',
  request: () => undefined,
  answer: () => ({ is: 'answered', rest: 0 }),
  heard: (hearer, _user, bytes) => hearer.heardWords(bytes),
};
