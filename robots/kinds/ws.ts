import { closeFrame, readFrames } from '../frames.ts';
import { acceptOf, keyOf, readResponse, upgradeRequest } from '../handshake.ts';
import type { Kind } from './kind.ts';

const NORMAL = 1000;

/**
 * A WebSocket: open once upgraded, and open until somebody says otherwise. The closing handshake is a close frame; a FIN without
 * one is an end that nobody announced (RFC 6455 §7.1.5), and serves nobody.
 */
export function wsKind(authority: string, path: string, seed: number): Kind {
  return {
    waitsFor: 'the answer to the upgrade',
    request: (user) => upgradeRequest(authority, keyOf(seed, user), path),
    answer: (received, user) => readResponse(received, acceptOf(keyOf(seed, user))),
    heard(hearer, _user, bytes) {
      if (bytes.length > 0) readFrames(hearer, bytes);
    },
    // The gateway answers and is the first to close (RFC 6455 §7.1.1).
    goodbye: () => closeFrame(NORMAL),
  };
}
