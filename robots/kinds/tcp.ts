import type { Expected, Greeting } from './greeting.ts';
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

/** A connection whose user speaks first, or waits for the server to. */
export function tcpTalk(greeting: Greeting | undefined, expected: Expected | undefined): Kind {
  if (expected === undefined) {
    return { ...tcpKind, ...(greeting && { greeting: (user) => Buffer.from(greeting.of(user), 'latin1') }) };
  }
  return {
    ...tcpKind,
    waitsFor: expected.waitsFor,
    request: (user) => greeting?.of(user) ?? '',
    answer(received) {
      const found = expected.lookIn(received);
      if (found === 'more') return { is: 'partial' };
      return found.wrong === undefined
        ? { is: 'answered', rest: received.length }
        : { is: 'bad', says: found.wrong };
    },
  };
}
