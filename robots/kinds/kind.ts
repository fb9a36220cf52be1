import type { Hearer } from '../frames.ts';

/** More is needed; or it is good, and what belongs to an open user begins at `rest`; or it is wrong, and how. */
export type Answer =
  | { is: 'partial' }
  | { is: 'upgraded' | 'answered'; rest: number }
  | { is: 'bad'; says: string; status?: number };

/**
 * What the robots of one process say to their server, and what they make of its answers. One object for all of them:
 * whatever is kept for a single user is kept here, by id, so that a kind which needs nothing costs nothing.
 */
export interface Kind {
  /** What a user that is not open yet waits for, once connected. */
  readonly waitsFor: string;
  /** What a user sends when it is connected, in latin1; undefined: nothing, and who is connected is open. */
  request(user: number): string | undefined;
  /** What a user sends first once the server has let it in; absent: nothing. */
  greeting?(user: number): Buffer;
  /** What the first message has to be of a user that was let in, and is open only then; absent: it is open at once. */
  readonly expects?: { readonly waitsFor: string; wrongIn(message: Buffer): string | undefined } | undefined;
  /** What a user that is open sends when it asks once more; absent: it asks once. */
  requestAgain?(user: number): string;
  /** Reads the answer from all the bytes received so far. */
  answer(received: Buffer, user: number): Answer;
  /** Takes what comes once the user is open. The bytes are valid during the call only. */
  heard(hearer: Hearer, user: number, bytes: Buffer): void;
  /**
   * Whether the end of the connection that comes now, while the user is open, is in order: it was served, and the server had said that
   * it would close. Absent: never.
   */
  endsInOrder?(user: number, by: 'FIN' | 'RST'): boolean;
  /** Whether it waits for nothing: all that it asked for has come. Absent: nobody knows. */
  served?(user: number): boolean;
  /** What a user sends before it leaves; absent: it sends FIN, and the server closes. */
  goodbye?(): Buffer;
}
