import type { ConnectionLine } from '../../protocol/connection-events.ts';

/** How a connection of a server ended, as its own line tells it. */
export type Fate =
  /** It was open when the watch ended. */
  | 'open'
  /** The client closed or reset it first. */
  | 'left'
  /** Both had spoken, and the server closed it; a few bytes of the client's may be left unread. */
  | 'served'
  /** The server reset it; `reset or left`: or the client had left before, which is not known. */
  | 'reset'
  | 'reset or left'
  /** The server's kernel ended it in the accept queue: accept(2) never took it. */
  | 'never accepted'
  /** The server closed it at once, and had sent nothing. */
  | 'turned away'
  /** The server sent something and closed it at once, before the client had. */
  | 'told and closed'
  /** The client had sent something, and the server closed it later without an answer. */
  | 'unanswered'
  /** Nobody ever sent anything, and the server closed it later. */
  | 'expired'
  /** It is not known who ended it. */
  | 'untold';

/**
 * Closed so soon after its handshake, ms, is at once: what a busy server needs to accept it, and a look at the table. Longer, and a
 * short time-out is taken for a refusal; shorter, and a busy server's refusals are missed.
 */
const AT_ONCE_MS = 1000;

/** The fate of a connection. Pure. What could not be had is never guessed: then it is `untold`. */
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
 * Did the server's end come with an RST? Where its FIN was acknowledged it had closed in order: what is unread came after it, such as
 * the close_notify of TLS.
 */
function wasAborted(line: ConnectionLine): boolean {
  const { reset, unread, finAcked } = line;
  if (finAcked?.is || isFarewell(line)) return false;
  return reset?.is === 'server' || (unread?.is ?? 0) > 1;
}

/**
 * The close_notify of TLS has 24 to 53 bytes (RFC 8446, 6.1; with the older ciphers a padded block and a MAC), and so have other
 * farewells. Higher, and a request that was not read is taken for one; lower, and a healthy server of TLS resets its users.
 */
const FAREWELL_BYTES = 64;

/** Both had spoken, and of the client a few bytes were left unread: whoever has been served says goodbye, and nobody needs to hear it. */
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

/** So much of what it was sent the server read, at the least: a FIN may be counted as one byte. */
export function leastRead({
  received,
  unread,
}: Pick<ConnectionLine, 'received' | 'unread'>): number | undefined {
  return received && Math.max(0, received.is - Math.max(received.within ?? 0, unread?.is ?? 0));
}

/** Ended so soon after its handshake, as far as is known; one that was there before the watch was not. */
export function wasAtOnce({ age }: Pick<ConnectionLine, 'age'>): boolean {
  return age !== undefined && age.is - (age.within ?? 0) <= AT_ONCE_MS;
}

/** Had the server sent it anything, and read anything? A reset wipes both: then it is not known, and it was not, as far as was seen. */
export function wasServed(line: ConnectionLine): boolean {
  return (line.sent?.is ?? 0) > 0 && (leastRead(line) ?? 0) > 0;
}

/** Its client had left before accept(2) took it, whatever of its brackets is so. */
export function wasTakenTooLate({ complete, wait, closed, closedBy }: ConnectionLine): boolean {
  if (closedBy?.is !== 'client' || !complete || !wait || !closed) return false;
  return complete.is + wait.is - (wait.within ?? 0) >= closed.is;
}
