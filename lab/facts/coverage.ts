import { duration } from '../../common/format.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { newLedger } from '../evidence/ledger/ledger.ts';
import { smallest } from './numbers.ts';

/** The part of the load that the observer did not see: something that its samples do not show may have happened there. */
export interface Gap {
  /** How long the load was, and for how much of it there are samples, ms. `loadMs` is absent for somebody else's load. */
  loadMs?: number;
  seenMs: number;
  says: string;
}

/** The slack between two clocks, and of some samples. If lower, a complete watch has a gap. If higher, an event at the end may be missed. */
const SLACK_MS = 250;

/**
 * A busy machine keeps the observer waiting; an observer that was stopped, or a machine that slept, is away for longer than this. If lower,
 * a busy machine gets no verdict. If higher, a cause is ruled out although nobody watched.
 */
const HOLE_MS = 3000;
/** With many sockets the commands of macOS take seconds: there no sample is nearer to the next. */
const TIMES_USUAL = 10;

/**
 * Undefined: there are samples of the whole load, or up to the server's own end. Nobody knows the end of a load that is not the lab's:
 * there the observer must have been told to end.
 */
export function gapOf(evidence: Evidence): Gap | undefined {
  const { fleet, gateway, observer } = evidence;
  const end = gateway.exit?.at ?? Infinity;
  const { lost } = observer;
  const why = lost === undefined ? '' : `: the observer ended by itself (${lost.how})`;
  if (fleet.users.length === 0) {
    if (lost === undefined || end <= lost.at + SLACK_MS) return undefined;
    const seenMs = Math.max(0, lost.at - (observer.before?.at ?? lost.at));
    return { seenMs, says: `the watch lasted ${duration(seenMs)}, not to the end${why}` };
  }
  const from =
    fleet.phases.find(({ phase }) => phase === 'load')?.at ??
    smallest(fleet.users.map(({ startedAt }) => startedAt));
  const to = Math.min(fleet.done?.at ?? Infinity, end);
  if (to === Infinity) return undefined;
  const holes = holesOf(evidence, from, to);
  if (holes.length === 0) return undefined;
  const loadMs = to - from;
  const seenMs = Math.max(0, loadMs - holes.reduce((sum, ms) => sum + ms, 0));
  return {
    loadMs,
    seenMs,
    says: `samples cover only ${duration(seenMs)} of the ${duration(loadMs)} of load${why}`,
  };
}

/** How long there was no sample, ms: at the beginning, in between, at the end. */
function holesOf({ observer: { before, series } }: Evidence, from: number, to: number): number[] {
  const times = [before, ...series].flatMap((line) => (line === undefined ? [] : line.at));
  const distances = times.slice(1).map((at, index) => at - (times[index] as number));
  const usual = [...distances].sort((a, b) => a - b)[distances.length >> 1] ?? 0;
  const longest = Math.max(HOLE_MS, TIMES_USUAL * usual);
  const ends = [(times[0] ?? to) - from, to - (times.at(-1) ?? to)];
  const between = times
    .slice(1)
    .map((at, index) => Math.min(at, to) - Math.max(times[index] as number, from));
  return [...ends.filter((ms) => ms > SLACK_MS), ...between.filter((ms) => ms > longest)];
}

/** The same evidence as if nothing had been read after the first snapshot: then no growth is known either. */
export function withoutSeries(evidence: Evidence): Evidence {
  const { before, ...observer } = evidence.observer;
  return {
    ...evidence,
    observer: { ...observer, ...(before ? { before: { ...before, counters: {} } } : {}), series: [] },
    ledger: newLedger(),
  };
}
