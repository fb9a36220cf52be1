import { endsOf, TCP, type TcpRow } from '../../../../system/proc/tcp-rows.ts';
import type { PortLook } from './port-looks.ts';

/** What the port's table has shown of one connection. Moments are ms since the epoch. */
export interface Known {
  key: string;
  local: string;
  remote: string;
  inode: number;
  /** It was not there at that moment, and was complete at `seen`. Undefined: it was open before the watch. */
  since: number | undefined;
  seen: number;
  /** The last moment at which it is known to have been open both ways. */
  open: number;
  /** The last moment at which it was seen in the accept queue, and that at which accept(2) was seen to have taken it. */
  queued?: number;
  taken?: number;
  /** Whose FIN was seen to have come first, and when that was seen. */
  ended?: { by: 'server' | 'client'; seen: number };
  /** Both FINs, or the client's after the server's, have come to the socket that `ss -E` tells of. */
  clientFin: boolean;
  /** When a look did not show it any more. */
  vanished?: number;
  /** Of the look that showed it last. */
  look: number;
  /** A newer one with the same ends. */
  newer?: Known;
}

const CLIENT_FIRST: ReadonlySet<number> = new Set([TCP.CLOSE_WAIT, TCP.LAST_ACK]);
const SERVER_FIRST: ReadonlySet<number> = new Set([TCP.FIN_WAIT1, TCP.FIN_WAIT2, TCP.CLOSING, TCP.TIME_WAIT]);
/** Of no connection yet, or any more. */
const NOT_COMPLETE: ReadonlySet<number> = new Set([TCP.SYN_SENT, TCP.SYN_RECV, TCP.NEW_SYN_RECV, TCP.CLOSE]);

/** The connections of the port that have not been told of yet. */
export class KnownConnections {
  /** By key: those that the last look showed. */
  readonly #shown = new Map<string, Known>();
  /** By both ends as text: the oldest that has not been told of. */
  readonly #byEnds = new Map<string, Known>();
  /** Those told of since the last look, whose ends may be in use again: since when. */
  readonly #told = new Map<string, number>();
  #looks = 0;
  #last: PortLook | undefined;

  /** The look before, if there was any. */
  get lastLook(): PortLook | undefined {
    return this.#last;
  }

  /** Takes what a look has shown. */
  take(look: PortLook): void {
    this.#looks += 1;
    for (const row of look.rows) if (!NOT_COMPLETE.has(row.state)) this.#takeRow(row, look);
    for (const { key, side } of look.letGo) {
      const known = side === 'server' ? this.#shown.get(key) : undefined;
      if (known) known.ended ??= { by: 'server', seen: look.to };
    }
    for (const [key, known] of this.#shown) {
      if (known.look === this.#looks) continue;
      known.vanished = look.to;
      this.#shown.delete(key);
    }
    this.#told.clear();
    this.#last = look;
  }

  #takeRow(row: TcpRow, look: PortLook): void {
    let known = this.#shown.get(row.key);
    if (known && isAnother(known, row)) {
      known.vanished = look.to;
      known = undefined;
    }
    known ??= this.#add(row, look);
    known.look = this.#looks;
    if (row.state === TCP.ESTABLISHED) known.open = look.from;
    if (row.inode !== 0) {
      known.inode = row.inode;
      known.taken ??= look.to;
    } else if (known.taken === undefined && (row.state === TCP.ESTABLISHED || row.state === TCP.CLOSE_WAIT))
      // What nobody has accepted belongs to no file yet (net/core/sock.c sock_i_ino).
      known.queued = look.from;
    if (CLIENT_FIRST.has(row.state)) known.clientFin = true;
    if (CLIENT_FIRST.has(row.state)) known.ended ??= { by: 'client', seen: look.to };
    else if (SERVER_FIRST.has(row.state)) known.ended ??= { by: 'server', seen: look.to };
  }

  #add({ key, inode }: TcpRow, look: PortLook): Known {
    const before = this.#shown.get(key)?.seen ?? this.#told.get(key);
    const since = this.#last && Math.min(this.#last.from, before ?? this.#last.from);
    const known: Known = {
      key,
      ...endsOf(key),
      inode,
      since,
      seen: look.to,
      open: since ?? 0,
      clientFin: false,
      look: this.#looks,
    };
    this.#shown.set(key, known);
    const ends = `${known.local} ${known.remote}`;
    const older = this.#byEnds.get(ends);
    if (older === undefined) this.#byEnds.set(ends, known);
    else {
      let last = older;
      while (last.newer) last = last.newer;
      last.newer = known;
    }
    return known;
  }

  /** Takes out the oldest with these ends: its end is known. */
  takeOut(local: string, remote: string): Known | undefined {
    const ends = `${local} ${remote}`;
    const known = this.#byEnds.get(ends);
    if (known === undefined) return undefined;
    if (known.newer) this.#byEnds.set(ends, known.newer);
    else this.#byEnds.delete(ends);
    if (this.#shown.get(known.key) === known) {
      this.#shown.delete(known.key);
      this.#told.set(known.key, known.since ?? known.seen);
    }
    return known;
  }

  /** Those that have gone from the table and have not been told of. */
  vanished(): Known[] {
    return [...this].filter(({ vanished }) => vanished !== undefined);
  }

  /** All that have not been told of. */
  *[Symbol.iterator](): Generator<Known> {
    for (const first of this.#byEnds.values())
      for (let known: Known | undefined = first; known; known = known.newer) yield known;
  }
}

/** The same ends, and another connection. */
function isAnother(known: Known, { inode, state }: TcpRow): boolean {
  if (state !== TCP.ESTABLISHED) return false;
  if (known.ended) return true;
  return known.inode !== 0 && known.inode !== inode;
}
