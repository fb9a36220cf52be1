import type { End } from '../../../../system/tracefs/events.ts';

/** A socket's own reset is traced only when it has gone, after its change of state (net/ipv4/tcp.c __tcp_close, tcp_output.c tcp_send_active_reset). */
export const RST_WITHIN_MS = 10;

/** Whose an RST was; `neither`: no TCP of this kernel sent it. */
export type Sender = 'server' | 'client' | 'neither';

/**
 * One connection of the server, from its completion to the end of its socket. Moments by the trace's clock. It has all fields from the
 * beginning: what grows field by field costs several times as much.
 */
export class Life {
  readonly local: End;
  readonly remote: End;
  readonly complete: number | undefined;
  /** It may be another server's. */
  shared = false;
  /** Its first end: which state came after ESTABLISHED, and who made it so. */
  end: { at: number; state: string } | undefined = undefined;
  /** The first RST that the server's side sent, and the first that it took. */
  sent: { at: number; reason?: string } | undefined = undefined;
  took: number | undefined = undefined;
  /** The first RST that its client took. */
  clientTook: number | undefined = undefined;
  gone: number | undefined = undefined;
  cookie: string | undefined = undefined;
  accepted: true | undefined = undefined;
  /** The listener was closed while it was in its queue. */
  thrown: number | undefined = undefined;
  wait: number | undefined = undefined;
  pid: number | undefined = undefined;
  /** Its client took one that the server's TCP had not sent. */
  forged = false;
  /** Its line is written: what is found out now comes too late. */
  over = false;
  /** Another with the same port of the client's, at another address. */
  next: Life | undefined = undefined;

  constructor(local: End, remote: End, complete?: number) {
    this.local = local;
    this.remote = remote;
    this.complete = complete;
  }
}
