import type { Hearer } from '../frames.ts';

/** More is needed; or it is good, and what belongs to an open user begins at `rest`; or it is wrong, and how. */
export type Answer =
  | { is: 'partial' }
  | { is: 'upgraded' | 'answered'; rest: number }
  | { is: 'bad'; says: string };

/**
 * What the robots of one process say to their server, and what they make of its answers. One object for all of them:
 * whatever is kept for a single user is kept here, by id, so that a kind which needs nothing costs nothing.
 */
export interface Kind {
  /** What a user that is not open yet waits for, once connected. */
  readonly waitsFor: string;
  /** What a user sends when it is connected, in latin1; undefined: nothing, and who is connected is open. */
  request(user: number): string | undefined;
  /** What a user that is open sends when it asks once more; absent: it asks once. */
  requestAgain?(user: number): string;
  /** Reads the answer from all the bytes received so far. */
  answer(received: Buffer, user: number): Answer;
  /** Takes what comes once the user is open. The bytes are valid during the call only. */
  heard(hearer: Hearer, user: number, bytes: Buffer): void;
  /** Whether a FIN that comes while the user is open ends it in order: it was served to the end. Absent: never. */
  servedAtEof?(user: number): boolean;
  /** What a user sends before it leaves; absent: it sends FIN, and the server closes. */
  goodbye?(): Buffer;
}
