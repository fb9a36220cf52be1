import { defined } from '../../common/defined.ts';
import type { Outcome, Stage } from '../../protocol/fleet-events.ts';

/** What k6's text on a failed socket says. */
export interface Told {
  outcome: Exclude<Outcome, 'open'>;
  /** The earliest stage in which it can have been. */
  stage: Stage;
  /** The local port, where the text names the socket's addresses. */
  port?: number;
  /** The code of a close frame. */
  code?: number;
  /** What of the server's own words the text quotes. */
  said?: string;
  /** The text itself. */
  detail: string;
}

/** The text of an errno as Go's syscall package has it, on Linux and on macOS. */
const BY_TEXT: readonly [RegExp, Told['outcome']][] = [
  [/connection reset by peer|broken pipe/, 'reset'],
  [/connection refused/, 'refused'],
  [/(?:cannot|can't) assign requested address/, 'no-port'],
  [/too many open files/, 'no-fd'],
  [/timed out|i\/o timeout|deadline exceeded/, 'timeout'],
  [/bad handshake|malformed|protocol error|bad opcode|bad MASK|bad compress/i, 'protocol'],
  [/\bEOF\b/, 'eof'],
];

/** The reason of a close frame, or the line that is no HTTP: quoted by Go, so what is not printable is escaped. */
const WORDS = /websocket: close \d{4}(?: \([^)]*\))?: (.+)$|malformed HTTP [a-z ]+ "(.+)"/s;

/** RFC 6455 §7.4.1: no close frame came before the connection ended. */
const ABNORMAL = 1006;

/**
 * Reads the text of an error event of `k6/websockets`: that text is all that k6 tells, there is no errno.
 * @param open whether the user was open before
 */
export function readError(text: string, open: boolean): Told {
  const stage: Stage = open ? 'open' : /\bdial\b/.test(text) ? 'connect' : 'upgrade';
  const port = Number(/(?:read|write) tcp \S+:(\d+)->/.exec(text)?.[1] ?? 0);
  const code = Number(/websocket: close (\d{4})\b/.exec(text)?.[1] ?? 0);
  const [, reason, line] = WORDS.exec(text) ?? [];
  const found = BY_TEXT.find(([pattern]) => pattern.test(text))?.[1];
  const outcome = code > 0 && code !== ABNORMAL ? 'closed' : (found ?? (code === ABNORMAL ? 'eof' : 'other'));
  return defined({
    outcome,
    stage,
    port: port > 0 && port < 65_536 ? port : undefined,
    code: outcome === 'closed' ? code : undefined,
    said: outcome === 'closed' ? reason : outcome === 'protocol' ? line : undefined,
    detail: text,
  });
}
