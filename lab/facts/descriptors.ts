import { defined } from '../../common/defined.ts';
import type { HolderState, ObservedLine } from '../../protocol/observer-events.ts';
import { wasCutShort } from '../../robots/outcome.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import { countBelow, descriptorThreshold } from '../laws/descriptor-law.ts';
import {
  answeredShort,
  callThatMissed,
  heldAsItWent,
  heldAtLast,
  isHeldAtLimit,
  type LastMissed,
  missedAt,
  RESERVED,
  reserveMet,
  type Span,
  spanAround,
  wouldBeTold,
} from './last-descriptor.ts';
import type { Reading } from './reading.ts';

/**
 * A user that fails this long before or after the process was seen full still failed by that, ms: samples are 50 ms apart, and a busy
 * robot is late. If shorter, such users are attributed to nothing. If longer, users that failed by something else just before are
 * attributed to it.
 */
export const SAMPLE_SLACK_MS = 250;

/**
 * It had more descriptors than its limit before the load: the limit was set after they were opened, and says nothing about what it needs.
 */
export function isLimitBelowHeld({
  nofileSoft,
  descriptors,
}: Pick<HolderState, 'nofileSoft' | 'descriptors'>): boolean {
  return descriptors.length > nofileSoft;
}

/** The gateway's descriptors. Only those numbered below the limit count against it. */
export interface DescriptorFacts {
  limit: number;
  atRest: number;
  peak: number;
  /** Where the peak was read. */
  read: Reading;
  predicted: number;
  /** When the gateway had none left: from the sample before the first that shows it to the sample after the last, ms. */
  full?: Span;
  /** One descriptor or a reserve was left in every sample, and this is how the lab knows that there was none for others. */
  missed?: LastMissed;
  /** Nothing of that is known, but so few were left at the peak that the limit may have been reached all the same. */
  near?: boolean;
  /** Nobody saw that none was left, but those of its users who were not told of may have held the rest between two samples. */
  untold?: boolean;
  /** Times at which a process had so few left that users were answered with 500; absent where no answer had that reason. */
  answered?: Span[];
}

/** From the series up to `until`, ms; undefined when the process could not be read, or there is no sample under load. */
export function descriptorFacts(evidence: Evidence, until: number): DescriptorFacts | undefined {
  const { observer, fleet } = evidence;
  const process = observer.before?.process;
  if (process === undefined) return undefined;
  const limit = process.nofileSoft;
  const atRest = countBelow(limit, process.descriptors);
  const strays = process.descriptors.length - atRest;
  const setLater = observer.before?.server !== undefined && isLimitBelowHeld(process);
  let peak = atRest;
  let full: DescriptorFacts['full'];
  const series = observer.series.filter(({ at }) => at <= until);
  let short: Span | undefined;
  for (const [index, { descriptors = 0 }] of series.entries()) {
    peak = Math.max(peak, descriptors - strays);
    if (descriptors - strays < limit - 1 || setLater) continue;
    const around = spanAround(series, index);
    short = { from: short?.from ?? around.from, to: around.to };
    if (descriptors - strays >= limit) full = { from: full?.from ?? around.from, to: around.to };
  }
  const answered = answeredShort(evidence, series, SAMPLE_SLACK_MS);
  let predicted = descriptorThreshold(limit, process.descriptors);
  let missed: LastMissed | undefined;
  const stranger = observer.before?.server !== undefined;
  const call = callThatMissed(evidence);
  const neverMissed = call === undefined && wouldBeTold(evidence);
  const reserve = stranger && full === undefined ? reserveMet(evidence, series) : undefined;
  if (stranger && short) {
    if (call) missed = call;
    else if (neverMissed) missed = undefined;
    else if (atRest < limit - 1 && answered) missed = 'answers';
    else if (full === undefined && isHeldAtLimit(evidence, series, short, predicted)) missed = 'held';
    if (missed === 'call') {
      const used = ({ descriptors = 0 }: ObservedLine) => descriptors - strays;
      predicted = heldAtLast(series, short, used, limit) ?? predicted;
    }
    if (missed) full = short;
  } else if (stranger && !neverMissed && (missedAt(evidence) ?? heldAsItWent(evidence, series, predicted))) {
    // It used all of them, and freed some before the next sample.
    const at = missedAt(evidence);
    missed = at ? call : 'held';
    full = at ?? heldAsItWent(evidence, series, predicted);
  } else if (reserve) {
    missed = 'reserve';
    full = { from: reserve.from, to: reserve.to };
    predicted = reserve.level;
  }
  // A short load can begin and end between two samples. A user open to the end has a descriptor all the same. But for a server that is
  // not ours, some users are in its queue, or belong to another worker.
  const staying = observer.before?.server
    ? []
    : fleet.users.flatMap(({ outcome, leftMs, startedAt, openMs }) =>
        outcome === 'open' && leftMs === undefined && openMs !== undefined ? startedAt + openMs : [],
      );
  const opened = staying.sort((a, b) => a - b);
  const held = atRest + opened.length;
  const filledAt = held < limit ? undefined : opened[predicted - 1];
  if (series.length === 0 && filledAt === undefined) return undefined;
  if (filledAt !== undefined) {
    const settledAt = fleet.phases.find(({ phase }) => phase === 'settled')?.at ?? filledAt;
    full = {
      from: Math.min(full?.from ?? filledAt, filledAt),
      to: Math.max(full?.to ?? settledAt, settledAt),
    };
  }
  const read: Reading = held > peak ? 'descriptors and robots' : 'descriptors';
  const near =
    stranger && full === undefined && !setLater && !neverMissed && limit - peak <= reachOf(limit)
      ? true
      : undefined;
  const untold =
    full === undefined && !stranger && held + countOf(fleet.users, wasCutShort) >= limit ? true : undefined;
  return defined({
    limit,
    atRest,
    peak: Math.max(peak, held),
    read,
    predicted,
    full,
    missed,
    answered,
    near,
    untold,
  });
}

/** How many descriptors a server may keep for itself: few, and a small part of the limit. If more, every cap below a limit is left open. */
function reachOf(limit: number): number {
  return Math.max(1, Math.min(RESERVED, Math.floor(KEPT_PART * limit)));
}

const KEPT_PART = 0.1;
