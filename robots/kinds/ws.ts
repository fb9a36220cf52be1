import { binaryFrame, closeFrame, readFrames, textFrame } from '../frames.ts';
import { acceptOf, keyOf, readResponse, upgradeRequests } from '../handshake.ts';
import type { Expected, Greeting } from './greeting.ts';
import type { Kind } from './kind.ts';
import type { HeaderField } from './request-head.ts';

const NORMAL = 1000;

/** What users say beside the upgrade itself. */
export interface WsTalk {
  headers: readonly HeaderField[];
  /** Offered, the preferred one first. */
  subprotocols: readonly string[];
  greeting: Greeting | undefined;
  expected: Expected | undefined;
}

/**
 * A WebSocket: open once upgraded, and open until somebody says otherwise. The closing handshake is a close frame; a FIN without
 * one is an end that nobody announced (RFC 6455 §7.1.5), and serves nobody.
 */
export function wsKind(authority: string, path: string, seed: number, talk: WsTalk): Kind {
  const { headers, subprotocols, greeting, expected } = talk;
  const given: HeaderField[] = [...headers];
  if (subprotocols.length > 0) given.push(['Sec-WebSocket-Protocol', subprotocols.join(', ')]);
  const requestWith = upgradeRequests(authority, path, given);
  return {
    waitsFor: 'the answer to the upgrade',
    request: (user) => requestWith(keyOf(seed, user)),
    answer: (received, user) => readResponse(received, acceptOf(keyOf(seed, user)), subprotocols),
    ...(greeting && { greeting: (user: number) => framed(greeting, user) }),
    expects: expected,
    heard(hearer, _user, bytes) {
      if (bytes.length > 0) readFrames(hearer, bytes);
    },
    // The gateway answers and is the first to close (RFC 6455 §7.1.1).
    goodbye: () => closeFrame(NORMAL),
  };
}

function framed(greeting: Greeting, user: number): Buffer {
  const bytes = Buffer.from(greeting.of(user), 'latin1');
  return greeting.isText ? textFrame(bytes) : binaryFrame(bytes);
}
