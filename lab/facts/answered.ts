import type { Evidence } from '../evidence/evidence.ts';
import { connectionsOf } from '../evidence/ledger/ledger.ts';
import { fateOf, leastRead } from './connection-fate.ts';
import { type ConnectionFacts, failedEnds, type ServerEnd } from './connections.ts';
import { FEW } from './same-length.ts';

/** A connection that is over; only its answer shows whether it served its user. Moments are ms since the epoch. */
export interface Answered {
  end: ServerEnd;
  /** When it was there at the latest, and `earliest` when it may have been there. */
  from: number;
  earliest: number;
  /** When the server sent its last data at the latest, or the client left without any. */
  to: number;
  /** How many bytes the server sent; 0: none, though the client had sent something and left after a while. */
  bytes: number;
}

/** A client that leaves sooner without an answer was in a hurry, ms: a health check, a user who changed his mind. */
const PATIENT_MS = 1000;

/** The connections up to `until`, ms, in the order in which they ended, without those that failed by their end alone. */
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

/** Answers that count as the same: nearly all have the same length. */
export interface OneAnswer {
  /** Their median length. */
  bytes: number;
  /** Connections with that length, and those without any answer. */
  members: Answered[];
}

/** Answers that name their user or moment differ by this number of bytes, or this part. If higher, all short pages are the same. */
const NEAR = { bytes: 4, part: 0.02 };
/** This part must have the same length. If lower, two kinds of answers count as one. If higher, one stray connection hides it. */
const MOSTLY = 0.9;

export function isNear(bytes: number, other: number): boolean {
  return Math.abs(bytes - other) <= Math.max(NEAR.bytes, NEAR.part * other);
}

/** Undefined: there are few, or their answers differ. */
export function oneAnswer(of: readonly Answered[]): OneAnswer | undefined {
  if (of.length < FEW) return undefined;
  const lengths = Float64Array.from(of.flatMap(({ bytes }) => (bytes > 0 ? bytes : []))).sort();
  const bytes = lengths[lengths.length >> 1] ?? 0;
  const members = of.filter((one) => one.bytes === 0 || isNear(one.bytes, bytes));
  return members.length >= MOSTLY * of.length ? { bytes, members } : undefined;
}

/** Did most of these receive an answer of another length? */
export function areOtherwise(of: readonly Answered[], bytes: number): boolean {
  const answered = of.filter((one) => one.bytes > 0);
  const others = answered.filter((one) => !isNear(one.bytes, bytes)).length;
  return others >= FEW && others >= MOSTLY * answered.length;
}
