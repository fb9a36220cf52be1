import type { ConnectionLine } from '../../protocol/connection-events.ts';

/** How a connection of a server ended, by its own line. */
export type Fate =
  /** It was open when the watch ended. */
  | 'open'
  /** The client closed or reset it first. */
  | 'left'
  /** Both sides had sent something, and the server closed it; a few bytes of the client may be unread. */
  | 'served'
  /** The server reset it; `reset or left`: the client may have left first, nobody knows. */
  | 'reset'
  | 'reset or left'
  /** The server's kernel ended it in the accept queue, before accept(2). */
  | 'never accepted'
  /** The server closed it at once, and had sent nothing. */
  | 'turned away'
  /** The server sent something and closed it at once, before the client sent anything. */
  | 'told and closed'
  /** The client had sent something, and the server closed it later without an answer. */
  | 'unanswered'
  /** Nobody ever sent anything, and the server closed it later. */
  | 'expired'
  /** Nobody knows who ended it. */
  | 'untold';

/**
 * Up to this time after the handshake counts as at once, ms: what a busy server needs to accept, and one sample of the table. If longer,
 * a short time-out counts as a refusal. If shorter, the refusals of a busy server are missed.
 */
const AT_ONCE_MS = 1000;

/** The fate of a connection. Pure. A missing figure is never guessed: then it is `untold`. */
export function fateOf(line: ConnectionLine): Fate {
  if (line.open) return 'open';
  const { accepted, closedBy, how, reset } = line;
  if (closedBy?.is === 'client') return 'left';
  if (accepted?.is === false && (closedBy ?? reset)?.is === 'server') return 'never accepted';
  if (closedBy === undefined) return wasAborted(line) ? 'reset or left' : 'untold';
  if (how?.is === 'RST') return isFarewell(line) ? 'served' : 'reset';
  return closedInOrder(line);
}

/**
 * Did the server end it with an RST? A server whose FIN was acknowledged had closed in order: unread data came after that, such as the
 * close_notify of TLS.
 */
function wasAborted(line: ConnectionLine): boolean {
  const { reset, unread, finAcked } = line;
  if (finAcked?.is || isFarewell(line)) return false;
  return reset?.is === 'server' || (unread?.is ?? 0) > 1;
}

/**
 * The close_notify of TLS has 24 to 53 bytes (RFC 8446, 6.1; with the older ciphers a padded block and a MAC), and so have other
 * farewells. If higher, an unread request counts as one. If lower, a healthy TLS server is said to reset its users.
 */
const FAREWELL_BYTES = 64;

/**
 * Both sides had sent something, and only a few bytes of the client are unread: a served client says goodbye, and nobody needs to read
 * it.
 */
function isFarewell(line: ConnectionLine): boolean {
  const { unread } = line;
  return unread !== undefined && unread.is > 0 && unread.is <= FAREWELL_BYTES && wasServed(line);
}

function closedInOrder(line: ConnectionLine): Fate {
  const [sent, read] = [line.sent?.is, leastRead(line)];
  if (sent === undefined || read === undefined) return 'untold';
  if (sent > 0) {
    if (read > 0) return 'served';
    return wasAtOnce(line) ? 'told and closed' : 'served';
  }
  if (wasAtOnce(line)) return 'turned away';
  return read > 0 ? 'unanswered' : 'expired';
}

/** How many bytes the server read at least: a FIN may be counted as one byte. */
export function leastRead({
  received,
  unread,
}: Pick<ConnectionLine, 'received' | 'unread'>): number | undefined {
  return received && Math.max(0, received.is - Math.max(received.within ?? 0, unread?.is ?? 0));
}

/** It ended at once after its handshake, as far as is known; a connection older than the watch did not. */
export function wasAtOnce({ age }: Pick<ConnectionLine, 'age'>): boolean {
  return age !== undefined && age.is - (age.within ?? 0) <= AT_ONCE_MS;
}

/** Had the server sent and read anything? A reset wipes both figures: then they are not known, and the answer is no. */
export function wasServed(line: ConnectionLine): boolean {
  return (line.sent?.is ?? 0) > 0 && (leastRead(line) ?? 0) > 0;
}

/** Its client had left before accept(2), anywhere within the brackets of its moments. */
export function wasTakenTooLate({ complete, wait, closed, closedBy }: ConnectionLine): boolean {
  if (closedBy?.is !== 'client' || !complete || !wait || !closed) return false;
  return complete.is + wait.is - (wait.within ?? 0) >= closed.is;
}
