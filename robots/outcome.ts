import type { Outcome, Stage, UserLine } from '../protocol/fleet-events.ts';
import { tlsDetail } from './tls-failures.ts';

/** How a user's connection ended, as the robot saw it. */
export type Ending =
  /** The OS reported an error. */
  | { how: 'error'; errno: string; syscall?: string | undefined; message?: string }
  /** FIN without a close frame; `answer` is what a write after it met: nothing, or an error. */
  | { how: 'eof'; answer?: { errno: string; syscall?: string | undefined } }
  /** The robot's own deadline, ms after connect(2). */
  | { how: 'deadline'; afterMs: number; waitsFor?: string }
  | { how: 'close-frame'; code: number }
  /** `status`: of an HTTP answer that tells of a failure. */
  | { how: 'bad-response'; says: string; status?: number | undefined }
  | { how: 'bad-frame'; says: string }
  | { how: 'interrupted' };

/** The part of a user's line that says how it ended. */
export type Failure = Pick<UserLine, 'errno' | 'syscall' | 'code' | 'status' | 'detail'> & {
  outcome: Exclude<Outcome, 'open'>;
};

/** The detail of a user that the load's own end cut short: nobody knows what would have become of it. */
export const INTERRUPTED = 'interrupted';

/** The detail of a user whose whole part of the load was lost before it had told of that user. */
export const LOST = 'lost: its fleet ended before the load was over';

/** Nobody knows what would have become of a user with this detail: it has neither failed nor stayed open. */
export function wasCutShort({ detail }: Pick<UserLine, 'detail'>): boolean {
  return detail === INTERRUPTED || detail === LOST;
}

const BY_ERRNO: Record<string, Failure['outcome']> = {
  ECONNRESET: 'reset',
  // We never write to a socket whose sending side we closed, so EPIPE has one source left: an RST. On Linux one that came after a
  // FIN (net/ipv4/tcp_input.c tcp_reset, in CLOSE_WAIT); on macOS any that came before the write (XNU bsd/kern/uipc_socket.c
  // sosendcheck looks at SS_CANTSENDMORE first), and the next read would say ECONNRESET.
  EPIPE: 'reset',
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timeout',
  EADDRNOTAVAIL: 'no-port',
  EMFILE: 'no-fd',
  ENFILE: 'no-fd',
};

const EPIPE_SAYS: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'FIN, then RST to what we sent',
  darwin: 'RST, before we wrote',
};

/** What we had sent last. */
const SENT: Record<Stage, string> = {
  connect: 'our request',
  tls: 'our TLS hello',
  upgrade: 'our request',
  open: 'what we sent',
};

const DETAIL: Record<string, string> = {
  ETIMEDOUT: 'the kernel gave up: nothing answered its retransmissions',
};

/** Names what became of a user that ended in `stage` by `ending`. */
export function classify(
  stage: Stage,
  ending: Ending,
  platform: NodeJS.Platform = process.platform,
): Failure {
  switch (ending.how) {
    case 'error':
      return fromTls(stage, ending) ?? fromErrno(stage, ending, platform);
    case 'eof':
      return fromEof(stage, ending.answer);
    case 'deadline':
      return {
        outcome: 'timeout',
        detail: `our own deadline: ${waitedFor(stage, ending.waitsFor)} took longer than ${ending.afterMs} ms`,
      };
    case 'close-frame':
      return { outcome: 'closed', code: ending.code };
    case 'bad-response': {
      const { says, status } = ending;
      return { outcome: 'protocol', ...(status !== undefined && { status }), detail: says };
    }
    case 'bad-frame':
      return { outcome: 'protocol', detail: ending.says };
    case 'interrupted':
      return { outcome: 'other', detail: INTERRUPTED };
  }
}

function waitedFor(stage: Stage, answer = 'the answer to the upgrade'): string {
  if (stage === 'connect') return 'the TCP handshake';
  return stage === 'tls' ? 'the TLS handshake' : answer;
}

type FromOs = Extract<Ending, { how: 'error' }>;

/** What TLS found wrong: undefined where it was the OS. */
function fromTls(stage: Stage, error: FromOs): Failure | undefined {
  const detail = tlsDetail(stage, error);
  return detail === undefined ? undefined : { outcome: 'protocol', errno: error.errno, detail };
}

function fromErrno(stage: Stage, error: FromOs, platform: NodeJS.Platform): Failure {
  const { errno, syscall, message } = error;
  // bind(2) to port 0 reports used-up ports as EADDRINUSE (net/ipv4/inet_connection_sock.c, inet_csk_get_port).
  const noPort = errno === 'EADDRINUSE' && stage === 'connect';
  const outcome = noPort ? 'no-port' : (BY_ERRNO[errno] ?? 'other');
  const known = errno === 'EPIPE' ? EPIPE_SAYS[platform] : DETAIL[errno];
  const detail = known ?? (outcome === 'other' ? message : undefined);
  return { outcome, errno, ...(syscall && { syscall }), ...(detail && { detail }) };
}

function fromEof(stage: Stage, answer: Extract<Ending, { how: 'eof' }>['answer']): Failure {
  if (answer === undefined) return { outcome: 'eof' };
  const { errno, syscall } = answer;
  const outcome = BY_ERRNO[errno];
  if (outcome !== 'reset') {
    return { outcome: 'eof', detail: `FIN; then ${syscall ?? 'a write'} gave ${errno}` };
  }
  const sent = SENT[stage];
  return { outcome, errno, ...(syscall && { syscall }), detail: `FIN, then RST to ${sent}` };
}
