import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { fateOf, leastRead } from './connection-fate.ts';
import { type ConnectionFacts, failedEnds, type ServerEnd } from './connections.ts';
import { FEW } from './same-length.ts';

/** A connection that is over, of which nothing but what was said in it tells whether it served its user. Moments are ms since the epoch. */
export interface Answered {
  end: ServerEnd;
  /** It was there from here on at the latest; from the earliest on, which it may have been. */
  from: number;
  earliest: number;
  /** The server said its last word, or the client left without any, then at the latest. */
  to: number;
  /** What the server said, bytes; 0: nothing, though it was asked, and the client left after a while. */
  bytes: number;
}

/** Who leaves without an answer sooner was in a hurry, ms: a health check, a user who changed his mind. */
const PATIENT_MS = 1000;

/** Those up to `until`, ms, in the order in which they ended; none that failed by its end alone. */
export function answeredConnections(
  { ledger }: Evidence,
  until: number,
  connections: ConnectionFacts,
): Answered[] {
  const failed = new Set(failedEnds(connections).map(({ line }) => `${line.remote} ${line.closed?.is}`));
  const found: Answered[] = [];
  for (const line of connectionsOf(ledger)) {
    const { complete, closed, sent, silentOut, age, remote } = line;
    if (line.open || complete === undefined || closed === undefined || sent === undefined) continue;
    if (closed.is > until || failed.has(`${remote} ${closed.is}`)) continue;
    const silent = sent.is === 0;
    const asked = (leastRead(line) ?? 0) > 0;
    if (silent && (!asked || age === undefined || age.is - (age.within ?? 0) < PATIENT_MS)) continue;
    const from = complete.is;
    found.push({
      end: { at: closed.is, fate: fateOf(line), atOnce: false, line },
      from,
      earliest: from - (complete.within ?? 0),
      to: Math.max(from, silent ? closed.is : closed.is - (silentOut?.is ?? 0)),
      bytes: sent.is,
    });
  }
  return found.sort((a, b) => a.to - b.to);
}

/** Answers that are one: those of all but a few have the same length. */
export interface OneAnswer {
  /** In the middle of them. */
  bytes: number;
  /** Those that have it, and those that were not answered at all. */
  members: Answered[];
}

/** What names its user or its moment differs by some bytes: by so many, or such a part. Higher, and short pages are all the same. */
const NEAR = { bytes: 4, part: 0.02 };
/** So many of them. Lower, and two kinds of answers are one; higher, and one stray connection hides it. */
const MOSTLY = 0.9;

export function isNear(bytes: number, other: number): boolean {
  return Math.abs(bytes - other) <= Math.max(NEAR.bytes, NEAR.part * other);
}

/** Undefined: they are few, or were not answered alike. */
export function oneAnswer(of: readonly Answered[]): OneAnswer | undefined {
  if (of.length < FEW) return undefined;
  const lengths = Float64Array.from(of.flatMap(({ bytes }) => (bytes > 0 ? bytes : []))).sort();
  const bytes = lengths[lengths.length >> 1] ?? 0;
  const members = of.filter((one) => one.bytes === 0 || isNear(one.bytes, bytes));
  return members.length >= MOSTLY * of.length ? { bytes, members } : undefined;
}

/** Were most of these answered, and otherwise than so? */
export function areOtherwise(of: readonly Answered[], bytes: number): boolean {
  const answered = of.filter((one) => one.bytes > 0);
  const others = answered.filter((one) => !isNear(one.bytes, bytes)).length;
  return others >= FEW && others >= MOSTLY * answered.length;
}
