import type { Agenda } from './agenda.ts';
import type { DarwinTimers } from './darwin-timers.ts';
import type { Link } from './model-link.ts';
import type { Fate } from './output.ts';
import type { Peaks, Tally } from './tally.ts';
import type { After } from './timers.ts';

/** One connection, as both ends have it. */
export interface Connection {
  /** The user's number; undefined for one that was waiting before. */
  readonly id: number | undefined;
  client: 'new' | 'syn-sent' | 'established' | 'gone';
  /**
   * `none`: the listener knows nothing of it. `cookie`: what it knows is in the SYN-ACK. `closed`: accepted and closed by the
   * server, or being so.
   */
  server: 'none' | 'half-open' | 'cookie' | 'queued' | 'accepted' | 'closed';
  /** When the SYN that the server had last was sent: TCP's timestamp, which its answer brings back. */
  echo: number;
  /** Its request is there, and nobody has read it. */
  unread: boolean;
  /** The server's answer is on its way, or there. */
  answered: boolean;
  /** Why the server will meet its next segment with RST. */
  doomed?: Fate;
  /** Counts how often it became half-open, so that a timer knows whether it is still the same. */
  opened: number;
}

/** A connection of which nothing has been sent yet. */
export function newConnection(id: number | undefined): Connection {
  return {
    id,
    client: 'new',
    server: 'none',
    echo: 0,
    unread: false,
    answered: false,
    opened: 0,
  };
}

/** A segment of an established client, or the RST of one that is gone. */
export type Segment = 'ack' | 'data' | 'fin' | 'rst';

/** The users' end, as the server's sees it. */
export interface ClientEnd {
  synAck(connection: Connection): void;
  /** An ACK that tells it nothing. */
  ack(connection: Connection): void;
  reset(connection: Connection): void;
  fin(connection: Connection): void;
  answer(connection: Connection): void;
}

/** The kernel's half of the server. */
export interface Listener {
  syn(connection: Connection): void;
  segment(connection: Connection, segment: Segment): void;
  /** The first that waits, out of the queue. */
  accept(): Connection | undefined;
  /** Puts a complete connection into the queue, without a handshake. */
  preset(connection: Connection): void;
  /** The process closes a connection that it has accepted, or the kernel does for it. */
  close(connection: Connection): void;
  /** The process closes one that the user has closed before. */
  left(connection: Connection): void;
}

/** The process's half. */
export interface Application {
  /** There is something to accept. */
  wake(): void;
  /** A segment for a connection that it has accepted. */
  heard(connection: Connection, segment: Segment): void;
}

/** What both ends and the process share. */
export interface World {
  readonly agenda: Agenda;
  readonly link: Link;
  readonly after: After;
  /** TCP's own timers on macOS. */
  readonly timers?: DarwinTimers;
  readonly tally: Tally;
  readonly peaks: Peaks;
  readonly clients: ClientEnd;
  readonly app: Application;
  readonly listener: Listener;
}
