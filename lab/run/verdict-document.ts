import { defined } from '../../common/defined.ts';
import type { Fix } from '../causes/shared/cause.ts';
import type { Verdict } from '../causes/shared/verdict-types.ts';
import type { Evidence } from '../evidence/evidence.ts';
import { countOf } from '../evidence/packed-lines.ts';
import type { ExpectationDocument } from '../expect/expectation.ts';
import type { Facts } from '../facts/facts.ts';
import { limitingLaw } from '../laws/all-laws.ts';
import { DESCRIPTOR_LAW } from '../laws/descriptor-law.ts';
import { inputOf } from '../laws/law-input.ts';

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

/** How many failed after they were let in: then no number of users let in says how many would have had no failure. */
export function failedOnceOpen({ by }: UsersDocument): number {
  const cut = by.filter(({ outcome, stage }) => outcome !== 'open' && stage === 'open');
  return cut.reduce((sum, { count }) => sum + count, 0);
}

/** Bets as both sides count them: `lost` were placed and never recorded. */
function betsDocument({ fleet, gateway }: Evidence): VerdictDocument['bets'] {
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

/** What became of the fix: what was seen of the second run, or why it came to no result. */
export type TriedFix = { fix: Fix; facts: Facts } | { fix: Fix; error: string };

/** Verified when of all that were asked nobody failed. */
function fixDocument(tried: TriedFix, asked: number): VerdictDocument['fix'] {
  const { change } = tried.fix;
  if ('error' in tried) {
    const users = { asked, open: 0, failed: 0, by: [] };
    return { change, verified: false, users, error: tried.error };
  }
  const users = usersDocument(tried.facts);
  return { change, verified: users.failed === 0 && users.open === asked, users };
}

/** verdict.json of one run; `fix` is filled in when a second run has tried it. */
export function verdictDocument(
  name: string,
  evidence: Evidence,
  facts: Facts,
  verdicts: Verdict[],
  fix: TriedFix | null,
  path: string | null,
): VerdictDocument {
  const cost = evidence.observer.after?.cost;
  const { done, users } = evidence.fleet;
  return {
    schema: 1,
    name,
    complete: done !== undefined && !done.interrupted && users.length === evidence.asked.users,
    host: evidence.host,
    runtime: evidence.runtime,
    driver: evidence.driver,
    seed: evidence.asked.seed,
    settings: effectiveSettings(evidence),
    users: usersDocument(facts),
    bets: betsDocument(evidence),
    threshold: thresholdDocument(evidence, facts),
    verdicts,
    fix: fix && fixDocument(fix, facts.asked),
    trace: evidence.trace ? { ...evidence.trace, resets: evidence.trace.resets.length } : null,
    observer: cost
      ? {
          samplesPerSecond: round(cost.samples / (cost.wallMs / 1000)),
          cpuPercent: round(cost.cpuMicros / cost.wallMs / 10),
        }
      : null,
    times: { settledMs: done?.settledMs ?? null },
    path,
  };
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
