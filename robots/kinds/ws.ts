import { closeFrame, type Hearer, readFrames } from '../frames.ts';
import { acceptOf, keyOf, readResponse, upgradeRequest } from '../handshake.ts';
import type { Answer, Kind } from './kind.ts';

const NORMAL = 1000;

/** A WebSocket: open once upgraded, and open until somebody says otherwise. */
export class WsKind implements Kind {
  readonly waitsFor = 'the answer to the upgrade';
  readonly #authority: string;
  readonly #path: string;
  readonly #seed: number;

  constructor(authority: string, path: string, seed: number) {
    this.#authority = authority;
    this.#path = path;
    this.#seed = seed;
  }

  request(user: number): string {
    return upgradeRequest(this.#authority, keyOf(this.#seed, user), this.#path);
  }

  requestAgain(): undefined {
    return undefined;
  }

  answer(received: Buffer, user: number): Answer {
    return readResponse(received, acceptOf(keyOf(this.#seed, user)));
  }

  heard(hearer: Hearer, _user: number, bytes: Buffer): void {
    if (bytes.length > 0) readFrames(hearer, bytes);
  }

  // The closing handshake is a close frame; a FIN without one is an end that nobody announced (RFC 6455 §7.1.5).
  servedAtEof(): boolean {
    return false;
  }

  // The gateway answers and is the first to close (RFC 6455 §7.1.1).
  goodbye(): Buffer {
    return closeFrame(NORMAL);
  }
}
