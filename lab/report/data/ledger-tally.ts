import type { ConnectionLine, Told } from '../../../protocol/connection-events.ts';
import { columnOf, LogBins } from './log-bins.ts';
import { TimeBins } from './time-bins.ts';

/** How connections end, by what came first and from whom. */
export const ENDS = ['FIN by the server', 'FIN by the client', 'FIN', 'RST', 'not known'] as const;
export type End = (typeof ENDS)[number];

/** Connections that ended alike. */
export interface Ended {
  count: number;
  /** Their ages, ms: known as well as a column of the axis tells them. */
  ages: LogBins;
  /** At most so old, ms: where it may have been a column less, or more than one. */
  agesAtMost: LogBins;
  /** Age not known. */
  ageless: number;
}

/** A ledger in so many figures as a page shows, however many lines it has. Times in ms. */
export interface LedgerTally {
  connections: number;
  /** Still open when the watch ended: none of the rest holds them, but for the waits. */
  open: number;
  waits: {
    exact: LogBins;
    /** Those told as brackets: as long as they may have been, and as short. */
    longest: LogBins;
    shortest: LogBins;
    never: number;
    unknown: number;
  };
  ends: Record<End, Ended>;
  /** How long the server had received nothing at the end: of those that it closed by FIN, and of those of whom that is not known. */
  silences: { server: LogBins; unknown: LogBins };
  /** Who sent an RST, at any time. */
  resets: { server: number; client: number; neither: number };
  overTime: TimeBins<End | 'RST by the server'>;
}

/** Counts a ledger in one pass; `from` and `to` of what is shown over time, ms since the epoch. */
export function tallyLedger(lines: Iterable<ConnectionLine>, from: number, to: number): LedgerTally {
  const tally: LedgerTally = {
    connections: 0,
    open: 0,
    waits: {
      exact: new LogBins(),
      longest: new LogBins(),
      shortest: new LogBins(),
      never: 0,
      unknown: 0,
    },
    ends: Object.fromEntries(ENDS.map((end) => [end, nobody()])) as Record<End, Ended>,
    silences: { server: new LogBins(), unknown: new LogBins() },
    resets: { server: 0, client: 0, neither: 0 },
    overTime: new TimeBins(from, to),
  };
  for (const line of lines) {
    tally.connections += 1;
    countWait(tally.waits, line);
    if (line.open) tally.open += 1;
    else countEnd(tally, line);
  }
  return tally;
}

function nobody(): Ended {
  return { count: 0, ages: new LogBins(), agesAtMost: new LogBins(), ageless: 0 };
}

function countWait(waits: LedgerTally['waits'], { accepted, wait }: ConnectionLine): void {
  if (accepted?.is === false) waits.never += 1;
  else if (wait === undefined) waits.unknown += 1;
  else if (wait.within === undefined) waits.exact.add(wait.is);
  else {
    waits.longest.add(wait.is);
    waits.shortest.add(shortestOf(wait));
  }
}

function countEnd(tally: LedgerTally, line: ConnectionLine): void {
  const { age, closed, silentIn, reset, at } = line;
  const end = endOf(line);
  const ended = tally.ends[end];
  ended.count += 1;
  if (age === undefined) ended.ageless += 1;
  else if (columnOf(age.is) - columnOf(shortestOf(age)) <= 1) ended.ages.add(age.is);
  else ended.agesAtMost.add(age.is);
  if (silentIn && end === 'FIN by the server') tally.silences.server.add(silentIn.is);
  if (silentIn && (end === 'FIN' || end === 'not known')) tally.silences.unknown.add(silentIn.is);
  const when = closed?.is ?? at;
  tally.overTime.add(end, when);
  if (reset === undefined) return;
  tally.resets[reset.is] += 1;
  if (reset.is === 'server') tally.overTime.add('RST by the server', when);
}

function shortestOf({ is, within = 0 }: Told<number>): number {
  return Math.max(0, is - within);
}

/** By its first end, where that is known; an RST that came after a FIN is not how it ended. */
function endOf({ how, closedBy }: ConnectionLine): End {
  if (how === undefined) return 'not known';
  if (how.is === 'RST') return 'RST';
  return closedBy ? `FIN by the ${closedBy.is}` : 'FIN';
}
