import { defined } from '../common/defined.ts';
import { holdersOf, peakOf, watchWorker } from '../lab/beside/pick-worker.ts';
import type { Evidence } from '../lab/evidence/evidence.ts';
import type { Lines } from '../lab/evidence/packed-lines.ts';
import { drawFacts } from '../lab/facts/facts.ts';
import { groupOutcomes } from '../lab/facts/user-groups.ts';
import { type EffectiveSettings, sysctlValues } from '../lab/run/effective-settings.ts';
import type { Load as RobotsLoad } from '../lab/target/server-load.ts';
import { judgeOutside } from '../lab/verdict/judge-server.ts';
import { CAUSES } from '../lab/verdict/registry.ts';
import type { UserLine } from '../protocol/fleet-events.ts';
import { type LimitWord, limitOf } from './limited-by.ts';
import type { Load } from './load-options.ts';
import { runFleet } from './robots-container.ts';
import type { StartedGatewayContainer } from './started-gateway-container.ts';
import { leftOn, watchFromIdle } from './watch.ts';

/** Users that failed in the same way. */
export type Failure = Pick<UserLine, 'outcome' | 'stage'> & {
  errno?: string;
  /** Of an HTTP answer that was a failure. */
  status?: number;
  detail?: string;
  /** What most of them had heard from the server, its first bytes. */
  said?: string;
  count: number;
};

/** A number before and after a trial, with its source. */
export interface Moved {
  name: string;
  source: string;
  before: number;
  after: number;
}

/** One load with so many users, and what it did. */
export interface TrialResult {
  kind: Load['kind'];
  users: number;
  open: number;
  failed: number;
  /** Over how long the users arrived, ms. */
  rampMs: number;
  failures: Failure[];
  limitedBy: LimitWord;
  /** Why that; absent when nothing failed. */
  says?: string;
  /** The counters of the server's network namespace that moved. */
  counters: Moved[];
  /** Highest seen; `descriptors` is 0 when they could not be seen. */
  peak: { descriptors: number; acceptQueue: number };
  /** Connections that the server still had when settleMs were over; 0 is what should be. */
  left: number;
  /** In force, read back from the server's process and namespace. */
  settings: EffectiveSettings;
}

/** Loads the server once, from idle to idle. */
export async function runTrial(
  target: StartedGatewayContainer,
  load: Load,
  users: number,
  rampMs: number,
): Promise<TrialResult> {
  const { settleMs, signal } = load;
  const asked = robotsLoad(load, users, rampMs);
  await using watch = await watchFromIdle(target.surroundings, settleMs, signal, asked);
  const { evidence } = watch;
  const { open, failed, bottlenecks } = await runFleet(target, asked, evidence, signal);
  const left = await leftOn(watch, settleMs, signal);
  await watch[Symbol.asyncDispose]();
  watchLoaded(evidence);
  const facts = drawFacts(evidence);
  const { process, sysctls = {} } = evidence.observer.before ?? {};
  return {
    kind: load.kind,
    users,
    open,
    failed,
    rampMs,
    failures: failuresOf(evidence.fleet.users),
    ...limitOf(facts, judgeOutside(facts, CAUSES), bottlenecks),
    counters: movedIn(evidence),
    peak: { descriptors: facts.descriptors?.peak ?? 0, acceptQueue: facts.queue?.peak ?? 0 },
    left,
    settings: defined({ nofile: process?.nofileSoft, ...sysctlValues(sysctls) }),
  };
}

/** The load as robots take it. */
export function robotsLoad(
  { kind, path, connectTimeoutMs: timeoutMs, holdMs, options }: Load,
  users: number,
  rampMs: number,
): RobotsLoad {
  return { users, kind, path, ramp: `${rampMs}ms`, timeoutMs, holdMs, ...defined({ options }) };
}

/** Watches a process that the load came to, or that was full: the one that started it may have a lower limit, and no connection. */
export function watchLoaded(evidence: Evidence): void {
  const all = holdersOf(evidence);
  const loaded = all.filter((holder) => {
    const peak = peakOf(holder, evidence);
    return peak > holder.descriptors.length || peak >= holder.nofileSoft;
  });
  watchWorker(evidence, loaded.length > 0 ? loaded : all);
}

/** Those that tell of connections that failed, or came. */
const COUNTERS = [
  'Tcp OutRsts', 'Tcp EstabResets', 'Tcp PassiveOpens',
  'TcpExt ListenOverflows', 'TcpExt ListenDrops', 'TcpExt TCPReqQFullDrop', 'TcpExt TCPReqQFullDoCookies',
  'TcpExt TCPAbortOnClose', 'TcpExt TCPAbortOnData', 'TcpExt TCPAbortOnTimeout', 'TcpExt TCPAbortOnMemory',
]; // biome-ignore format: in groups

function movedIn({ observer: { before, after } }: Evidence): Moved[] {
  return COUNTERS.flatMap((name) => {
    const was = before?.counters[name] ?? 0;
    const now = after?.counters[name] ?? was;
    const file = name.startsWith('TcpExt ') ? 'netstat' : 'snmp';
    return now === was ? [] : { name, source: `/proc/net/${file}`, before: was, after: now };
  });
}

/** Groups of failed users, the largest first. */
export function failuresOf(users: Lines<UserLine>): Failure[] {
  const failed = users.filter(({ outcome }) => outcome !== 'open');
  const alike = Map.groupBy(failed, ({ outcome, stage, errno, detail }) =>
    [outcome, stage, errno, detail].join(),
  );
  return [...alike.values()]
    .flatMap((group) =>
      group.slice(0, 1).map(({ outcome, stage, errno, status, detail }) => ({
        outcome,
        stage,
        ...defined({ errno, status, detail, said: groupOutcomes(group)[0]?.said }),
        count: group.length,
      })),
    )
    .sort((a, b) => b.count - a.count);
}
