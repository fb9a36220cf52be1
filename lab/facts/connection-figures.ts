import type { ConnectionLine } from '../../protocol/connection-events.ts';
import { leastRead } from './connection-fate.ts';

/** If shorter, a server that answers and closes would have a clock. If longer, a short clock is missed. Ms. */
export const SHORTEST_MS = 200;

/** The longest tick of the kernel's own clock, ms (HZ=100). */
export const TICK_MS = 12;

/** A line is written at most this much later than its socket is freed, ms (lab/evidence/linux/ledger/ledger-witness.ts). */
const WRITTEN_MS = 100;

/** Flag: the client had sent nothing. */
const SILENT = 1;
/** Flag: the server sent the last data. */
export const SERVER_SPOKE_LAST = 2;

/** At least, and at most, ms. */
export interface Range {
  from: number;
  to: number;
}

export const NOT_KNOWN: Range = { from: Number.NaN, to: Number.NaN };

/** What a clock can have counted, for one connection at its end. */
export interface Figures {
  flags: number;
  /** Since the last data of either side. */
  silence: Range;
  /** Since the client's last data. */
  heard: Range;
  age: Range;
  moment: Range;
  /** Since the server's own last data; Infinity: it has sent none. */
  toldMs: number;
}

/** Draws them from its line. Pure. */
export function figuresOf(line: ConnectionLine): Figures {
  const { silentIn, silentOut, age, closed, received } = line;
  // Data after the server's end is counted as a segment, but no byte of it is accepted.
  const isSilent =
    received?.is === 0 || (received !== undefined && leastRead({ received }) === 0 && silentIn === undefined);
  const at = closed?.is ?? line.at;
  // The figures count up to the moment at which the socket was freed: the server may have closed it before, or the line may be written
  // later.
  const since = line.at - at > WRITTEN_MS ? line.at - at : 0;
  const atClose = (ms: number | undefined): Range =>
    ms === undefined ? NOT_KNOWN : { from: Math.max(0, ms - since), to: ms };
  const ages = age === undefined ? NOT_KNOWN : { from: age.is - (age.within ?? 0), to: age.is };
  const words = [silentIn, silentOut].flatMap((one) => one?.is ?? []);
  const last = words.length === 0 ? undefined : Math.min(...words);
  const serverLast =
    silentOut !== undefined && silentOut.is <= (silentIn?.is ?? Number.POSITIVE_INFINITY) + TICK_MS;
  return {
    flags: (isSilent ? SILENT : 0) | (serverLast ? SERVER_SPOKE_LAST : 0),
    silence: isSilent ? ages : atClose(last),
    heard: isSilent ? ages : atClose(silentIn?.is),
    age: ages,
    moment: { from: at - (closed?.within ?? 0), to: at },
    toldMs: silentOut === undefined ? Number.POSITIVE_INFINITY : atClose(silentOut.is).from,
  };
}

/** Shorter than any ClientHello, and than all that a TLS server sends before it serves (RFC 8446, 4.1). */
const HELLO_BYTES = 150;

/** Was it served with fewer bytes than a TLS handshake has? */
export function isPlain({ received, sent }: ConnectionLine): boolean {
  const [heard, told] = [received?.is ?? 0, sent?.is ?? 0];
  return heard > 1 && told > 0 && Math.min(heard, told) < HELLO_BYTES;
}

/**
 * Closed as soon as it was accepted, however long it had waited for that; or with all that its client sent unread: a refusal, and no
 * clock.
 */
export function wasRefused(line: ConnectionLine): boolean {
  const { age, wait, received, unread } = line;
  if (age !== undefined && wait !== undefined && age.is - wait.is + (wait.within ?? 0) < SHORTEST_MS)
    return true;
  return (received?.is ?? 0) > 0 && (unread?.is ?? 0) - (unread?.within ?? 0) > 0 && leastRead(line) === 0;
}

/** The server had answered, was silent for a time and closed in order; its client's next data was answered with RST. */
export function metItsEnd(line: ConnectionLine): boolean {
  const { closedBy, how, reset } = line;
  if (line.open || closedBy?.is !== 'server' || how?.is !== 'FIN' || reset?.is !== 'server') return false;
  const { flags, silence } = figuresOf(line);
  return (flags & SERVER_SPOKE_LAST) !== 0 && (flags & SILENT) === 0 && silence.from >= SHORTEST_MS;
}

/** A bracket this wide says nothing about the length, ms. */
const WIDE_MS = 200;
const WIDE_PART = 0.1;

/** Is it known well enough to be compared? */
export function isSharp({ from, to }: Range): boolean {
  return to - from <= WIDE_MS + WIDE_PART * to;
}

/** Had its client sent nothing? */
export function isSilent({ flags }: Pick<Figures, 'flags'>): boolean {
  return (flags & SILENT) !== 0;
}
