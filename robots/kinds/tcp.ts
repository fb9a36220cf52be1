import type { Kind } from './kind.ts';

/**
 * Nothing but a connection: open once connected. Whatever the server sends is taken and not looked at. A user was to stay open: a
 * server that closes one who asked for nothing has not served it.
 */
export const tcpKind: Kind = {
  waitsFor: 'the TCP handshake',
  request: () => undefined,
  answer: () => ({ is: 'answered', rest: 0 }),
  heard() {},
};
