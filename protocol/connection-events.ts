/**
 * The life of one connection of a server, as the kernel told it. Whoever watches writes what it knows of a connection as such a line,
 * once its end is known, or the watch is over; lines of two witnesses on the same connection are joined to one (lab/evidence/ledger/).
 */

/**
 * Who told it: `ss -E`, every socket that the kernel frees, with its last tcp_info (net/core/sock_diag.c
 * sock_diag_broadcast_destroy); `port table`, looks at /proc/net/tcp; `tracefs`, the kernel's own events.
 */
export type Witness = 'ss -E' | 'port table' | 'tracefs';

/** What was told, and by whom. */
export interface Told<T> {
  is: T;
  by: Witness;
  /** A bracket: it may have been so much less (of a moment: earlier), and no more. Absent: exact. */
  within?: number;
}

/** One connection of a server. Absent: it could not be had. Moments are ms since the epoch, times ms, sizes bytes. */
export interface ConnectionLine {
  event: 'connection';
  /** When the line was written. */
  at: number;
  /** `127.0.0.1:8080`, `[::1]:8080`; a mapped IPv4 address as IPv4. */
  local: string;
  /** Absent where the kernel had wiped it before anybody looked (net/ipv4/tcp.c tcp_disconnect). */
  remote?: string;
  /** The kernel's own number of the socket (SO_COOKIE), hexadecimal: one on this machine until it boots. `sk:` of ss, `sock_cookie` of tracefs. */
  cookie?: string;
  /** It was open when the watch ended. */
  open?: true;
  /** It may be another server's, at the same address in another network namespace: only another witness's line makes sure. */
  shared?: true;
  /** When its handshake was complete. */
  complete?: Told<number>;
  /** Whether accept(2) took it out of the queue. */
  accepted?: Told<boolean>;
  /** How long it waited there. */
  wait?: Told<number>;
  /** The process that took it, or held it, in the pid namespace of whoever tells. */
  pid?: Told<number>;
  /** When its first end came: a FIN or an RST of either side. */
  closed?: Told<number>;
  /** Whose end came first. */
  closedBy?: Told<'server' | 'client'>;
  /** What that first end was. */
  how?: Told<'FIN' | 'RST'>;
  /** Who sent an RST on it at any time; `neither`: it took one that no TCP of this kernel sent (a firewall, a middle box, a remote client). */
  reset?: Told<'server' | 'client' | 'neither'>;
  /** The client, whose kernel is the server's, took an RST in the server's name that the server's TCP had not sent: a packet filter did. */
  forged?: Told<boolean>;
  /** Why the server's kernel sent that RST, in its word (include/net/rstreason.h). */
  reason?: Told<string>;
  /** From its completion to its first end. */
  age?: Told<number>;
  /** At its end: since the server last received data, and since it last sent any. */
  silentIn?: Told<number>;
  silentOut?: Told<number>;
  /** Data that the server's kernel received and sent, without FINs. */
  received?: Told<number>;
  sent?: Told<number>;
  /** Received and not read by the server when it closed. */
  unread?: Told<number>;
  /** Whether the client's kernel acknowledged the server's FIN. */
  finAcked?: Told<boolean>;
}

/** What a witness says of its own work, at its beginning and at its end. */
export interface WitnessLine {
  event: 'witness';
  at: number;
  by: Witness;
  /** Why it cannot tell; absent: it does. */
  missing?: string;
  /** Connections, or events, that were lost to it so far: whatever rests on all of them being there does not hold. */
  lost: number;
  /** What it cannot tell, and why, one line each. */
  without?: string[];
  /** accept(2) of the server that came back without a connection for want of descriptors, so far, by errno. */
  failedAccepts?: { EMFILE?: number; ENFILE?: number };
  /** Other calls of its processes that came back with EMFILE: no descriptor for a file, a pipe, a socket. */
  failedCalls?: number;
  /** When the first and the last of all these with EMFILE came back, ms since the epoch. */
  emfileAt?: { first: number; last: number };
}
