import { defined } from '../../common/defined.ts';
import { sumOf } from '../../common/numbers.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { LostPart } from '../evidence/lab-lines.ts';
import type { ExpectationDocument } from '../expect/expectation.ts';
import { type BetsDocument, betsOfAll } from './bets-document.ts';
import { type EffectiveSettings, effectiveSettings } from './effective-settings.ts';
import { type FixDocument, fixDocument, type TriedFix } from './fix-document.ts';
import { isWhole, type Judged } from './judged.ts';
import { lostOfAll } from './lost-parts.ts';
import { type PartsDocument, partsDocument } from './parts-document.ts';
import { type ThresholdDocument, thresholdOfAll } from './threshold-of-run.ts';
import { type UsersDocument, usersOfAll } from './users-document.ts';

/** verdict.json, schema version 1. */
export interface VerdictDocument {
  schema: 1;
  name: string;
  complete: boolean;
  host: Evidence['host'];
  runtime: string;
  driver: string;
  seed: number;
  settings: EffectiveSettings;
  users: UsersDocument;
  bets: BetsDocument;
  threshold: ThresholdDocument;
  verdicts: Verdict[];
  /** Parts that ended before the load was over, numbered from 1, a fleet as in `parts.fleets`; absent: none. */
  lost?: LostPart[];
  /** What each gateway and each fleet did; absent: there is one of each. */
  parts?: PartsDocument;
  fix: FixDocument | null;
  /** The kernel's own word: how many RSTs it traced, in trace.ndjson, or why none; null when it was not asked. */
  trace: {
    available: boolean;
    why?: string;
    resets: number;
    lost: number;
    unknown: number;
    cpuMs: number;
  } | null;
  /** Figures of the measuring itself. */
  observer: { samplesPerSecond: number; cpuPercent: number } | null;
  times: { settledMs: number | null };
  /** Conditions that were given, and how they came out; absent: none were. */
  expectations?: ExpectationDocument[];
  /** Folder with everything measured. */
  path: string | null;
}

/** verdict.json of one run; `fix` is filled in when a second run has tried it. */
export function verdictDocument(
  name: string,
  judged: Judged,
  fix: TriedFix | null,
  path: string | null,
): VerdictDocument {
  const evidences = judged.gateways.map(({ evidence }) => evidence);
  const [evidence] = evidences as [Evidence];
  const users = usersOfAll(judged);
  const settled = evidences.flatMap(({ fleet }) => fleet.done?.settledMs ?? []);
  return {
    schema: 1,
    name,
    complete: isWhole(judged),
    host: evidence.host,
    runtime: evidence.runtime,
    driver: evidence.driver,
    seed: evidence.asked.seed,
    settings: effectiveSettings(evidence),
    users,
    bets: betsOfAll(evidences),
    threshold: thresholdOfAll(judged),
    verdicts: judged.verdicts,
    ...defined({ lost: lostOfAll(evidences), parts: partsDocument(judged) }),
    fix: fix && fixDocument(fix, users.asked),
    trace: traceDocument(evidences),
    observer: observerDocument(evidences),
    times: { settledMs: settled.length > 0 ? Math.max(...settled) : null },
    path,
  };
}

function traceDocument(evidences: readonly Evidence[]): VerdictDocument['trace'] {
  const traces = evidences.flatMap(({ trace }) => trace ?? []);
  const [first] = traces;
  if (first === undefined) return null;
  const without = traces.find(({ available }) => !available) ?? first;
  return {
    ...without,
    resets: sumOf(traces, ({ resets }) => resets.length),
    lost: sumOf(traces, ({ lost }) => lost),
    unknown: sumOf(traces, ({ unknown }) => unknown),
    cpuMs: sumOf(traces, ({ cpuMs }) => cpuMs),
  };
}

/** Of several observers: how often the slowest looked, and what all took. */
function observerDocument(evidences: readonly Evidence[]): VerdictDocument['observer'] {
  const costs = evidences.flatMap(({ observer }) => observer.after?.cost ?? []);
  if (costs.length === 0) return null;
  return {
    samplesPerSecond: round(Math.min(...costs.map(({ samples, wallMs }) => samples / (wallMs / 1000)))),
    cpuPercent: round(sumOf(costs, ({ cpuMicros, wallMs }) => cpuMicros / wallMs / 10)),
  };
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
