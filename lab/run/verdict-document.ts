import { defined } from '../../common/defined.ts';
import { sumOf } from '../../common/numbers.ts';
import type { Fix } from '../causes/shared/cause.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import type { ExpectationDocument } from '../expect/expectation.ts';
import type { Facts } from '../facts/facts.ts';
import { joinGroups } from '../facts/user-groups.ts';
import { limitingLaw } from '../laws/all-laws.ts';
import { DESCRIPTOR_LAW } from '../laws/descriptor-law.ts';
import { inputOf } from '../laws/law-input.ts';
import type { Judged } from './judged.ts';
import { type PartsDocument, partsDocument } from './parts-document.ts';

export type EffectiveSettings = Record<string, number | string>;

export interface UsersDocument {
  /** Those that are neither open nor failed were cut short by an interruption, or had not started. */
  asked: number;
  open: number;
  failed: number;
  by: Facts['by'];
}

export interface ThresholdDocument {
  measured: number;
  predicted: number | null;
  law: string;
  /** True when nobody failed, so that the threshold is this or higher. */
  atLeast: boolean;
}

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
  bets: { placed: number; acked: number; recorded: number; lost: number; doubled: number };
  threshold: ThresholdDocument;
  verdicts: Verdict[];
  /** What each gateway and each fleet did; absent: there is one of each. */
  parts?: PartsDocument;
  fix: {
    change: string;
    verified: boolean;
    users: UsersDocument;
    /** Why the run with the fix came to no result, one line; then nothing is known of its users. Absent when it has one. */
    error?: string;
  } | null;
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

/** The settings in force, read back from the running processes and their namespace. */
export function effectiveSettings({ observer, gateway, fleet, link, asked }: Evidence): EffectiveSettings {
  const { process, sysctls } = observer.before ?? {};
  const { listening } = gateway;
  const robots = fleet.done?.self;
  const { ramp, betting, rounds, round_ms, pause_ms, connect_timeout_ms } = asked;
  return defined({
    nofile: process?.nofileHard ?? listening?.nofile,
    backlog: listening?.backlog,
    cpus: listening?.limits?.cpus,
    memory_mb: listening?.limits?.memoryMb,
    ...sysctlValues(sysctls),
    // They act where a connection begins; on docker the robots' namespace is not the observer's.
    ...robots?.sysctls,
    ...(robots && {
      robots_nofile: robots.nofile,
      ip_local_port_range: `${robots.ports.first}-${robots.ports.last}`,
    }),
    link_delay_ms: link?.delayMs ?? 0,
    link_qdisc: link?.qdisc,
    ...(asked.way_back !== 'same' && { way_back: asked.way_back, rp_filter: asked.rp_filter }),
    ...(asked.packet_filter !== 'none' && {
      packet_filter: asked.packet_filter,
      filter_beyond: asked.filter_beyond,
      filter_per_second: asked.filter_per_second,
    }),
    ...(asked.gateways > 1 && { gateways: asked.gateways }),
    ...{ ramp, betting, rounds, round_ms, pause_ms, connect_timeout_ms },
  });
}

/** Sysctls as they were read, numbers as numbers. */
export function sysctlValues(sysctls: Record<string, string> = {}): EffectiveSettings {
  return Object.fromEntries(
    Object.entries(sysctls).map(([name, value]) => [name, /^\d+$/.test(value) ? Number(value) : value]),
  );
}

export function usersDocument(facts: Facts): UsersDocument {
  return { asked: facts.asked, open: facts.open, failed: facts.failed.length, by: facts.by };
}

/** How users fared, those of all gateways together. */
export function usersOfAll({ gateways }: Judged): UsersDocument {
  const each = gateways.map(({ facts }) => usersDocument(facts));
  return each.length === 1
    ? (each[0] as UsersDocument)
    : {
        asked: sumOf(each, ({ asked }) => asked),
        open: sumOf(each, ({ open }) => open),
        failed: sumOf(each, ({ failed }) => failed),
        by: joinGroups(each.map(({ by }) => by)),
      };
}

/** How many failed after they were let in: then no number of users let in says how many would have had no failure. */
export function failedOnceOpen({ by }: UsersDocument): number {
  const cut = by.filter(({ outcome, stage }) => outcome !== 'open' && stage === 'open');
  return cut.reduce((sum, { count }) => sum + count, 0);
}

/** Bets as both sides count them: `lost` were placed and never recorded. */
export function betsDocument({ fleet, gateway }: Evidence): VerdictDocument['bets'] {
  const placed = fleet.done?.bets.placed ?? 0;
  const recorded = gateway.drained?.recorded ?? gateway.samples.at(-1)?.bets.recorded ?? 0;
  return {
    placed,
    acked: fleet.done?.bets.acked ?? 0,
    recorded,
    lost: Math.max(0, placed - recorded),
    doubled: gateway.drained?.doubled ?? 0,
  };
}

/**
 * Users that were let in, against the prediction of the law that limits first. While the gateway is kept stopped, to be let
 * in is to be in its accept queue, and to meet no other limit after it.
 */
export function thresholdDocument(evidence: Evidence, facts: Facts): ThresholdDocument {
  const least = limitingLaw(inputOf(evidence));
  const held = facts.queue?.servedAtOnce ?? facts.darwin?.servedAtOnce;
  return {
    measured: held ?? countOf(evidence.fleet.users, (user) => user.openMs !== undefined),
    predicted: least?.users ?? null,
    law: least?.law.formula ?? DESCRIPTOR_LAW,
    atLeast: held === undefined ? facts.failed.length === 0 : held === facts.asked,
  };
}

/** The sum of the thresholds of all gateways, since users go to them by number: of predictions, where all have one. */
export function thresholdOfAll({ gateways }: Judged): ThresholdDocument {
  const each = gateways.map(({ evidence, facts }) => thresholdDocument(evidence, facts));
  const [first] = each as [ThresholdDocument];
  if (each.length === 1) return first;
  const predicted = each.flatMap((one) => one.predicted ?? []);
  return {
    measured: sumOf(each, ({ measured }) => measured),
    predicted: predicted.length === each.length ? sumOf(predicted, (users) => users) : null,
    law: sumLaw(first.law, each.length),
    atLeast: each.every(({ atLeast }) => atLeast),
  };
}

/** A law on one gateway, as that on the sum of several. */
export function sumLaw(law: string, gateways: number): string {
  return gateways === 1 ? law : `sum over ${gateways} gateways: ${law}`;
}

/** What became of the fix: how users fared in the second run, or why it came to no result. */
export type TriedFix = { fix: Fix; users: UsersDocument } | { fix: Fix; error: string };

/** Verified when of all that were asked nobody failed. */
function fixDocument(tried: TriedFix, asked: number): VerdictDocument['fix'] {
  const { change } = tried.fix;
  if ('error' in tried) {
    const users = { asked, open: 0, failed: 0, by: [] };
    return { change, verified: false, users, error: tried.error };
  }
  const { users } = tried;
  return { change, verified: users.failed === 0 && users.open === asked, users };
}

/** Was the load over before it was ended, and is every user of it told of? */
export function isWhole({ gateways }: Judged): boolean {
  return gateways.every(
    ({ evidence: { fleet, asked } }) =>
      fleet.done !== undefined && !fleet.done.interrupted && fleet.users.length === asked.users,
  );
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
  const bets = evidences.map(betsDocument);
  const totalOf = (name: keyof VerdictDocument['bets']) => sumOf(bets, (one) => one[name]);
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
    bets: {
      placed: totalOf('placed'),
      acked: totalOf('acked'),
      recorded: totalOf('recorded'),
      lost: totalOf('lost'),
      doubled: totalOf('doubled'),
    },
    threshold: thresholdOfAll(judged),
    verdicts: judged.verdicts,
    ...defined({ parts: partsDocument(judged) }),
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
