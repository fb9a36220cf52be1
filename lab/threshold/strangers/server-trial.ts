import { Debug } from '../../../common/debug.ts';
import { defined } from '../../../common/defined.ts';
import { UsageError } from '../../../common/errors.ts';
import { count } from '../../../common/format.ts';
import { EndOfContainer, fileContainerEnd } from '../../beside/container-end.ts';
import { type JudgedWatch, judgeServerWatch } from '../../beside/judge-server-watch.ts';
import { loadServer } from '../../beside/load-server.ts';
import { holdersOf } from '../../beside/pick-worker.ts';
import { serverEvidence } from '../../beside/server-evidence.ts';
import { ServerWatch } from '../../beside/server-watch.ts';
import { startWatcher } from '../../beside/start-watcher.ts';
import type { Evidence } from '../../evidence/evidence.ts';
import type { Place, Wanted } from '../../evidence/server-place.ts';
import type { Load } from '../../target/server-load.ts';
import type { Pace, Trial } from '../search.ts';
import { type Failure, servedOf } from '../user-trial.ts';

const debug = new Debug('threshold');

/** A server that is searched. */
export interface SearchedServer {
  place: Place;
  wanted: Wanted;
  /** Connections of others that stay all the time. */
  atRest: number;
  /** Its processes when the search began. */
  pids: readonly number[];
  /** On everything that belongs to the search. */
  label: string;
  /** Where robots reach it; absent: where it listens. */
  address?: string;
}

/** A load of such a server with all that was measured in it. */
export interface ServerTrial extends Trial {
  pace: Pace;
  rampMs: number;
  evidence: Evidence;
  /** Absent: it was not watched. */
  judged?: JudgedWatch;
  /** Why no other load can follow; absent: it can. */
  over?: string;
}

/** The search cannot go on: what is known by then is the result. */
export class SearchOver extends Error {}

/** A server may take so long to be rid of its users, ms. */
const RID_MS = 10_000;
const EVERY_MS = 50;

/** Starts a watcher beside the server. */
export function watchServer(
  { place, wanted, label }: Pick<SearchedServer, 'place' | 'wanted' | 'label'>,
  evidence: Evidence,
  signal: AbortSignal,
): Promise<ServerWatch> {
  return ServerWatch.begin(evidence, (onLine) =>
    startWatcher(place, evidence, { wanted, everyMs: EVERY_MS, label, signal, verb: 'threshold', onLine }),
  );
}

/**
 * Loads the server once, from a moment at which it has no connection of ours to one at which it has none again.
 * @param evidenceOf gives the evidence to file under, of a watch that is about to begin
 * @throws {SearchOver} when the server is not as it was
 */
export async function runServerTrial(
  server: SearchedServer,
  load: Load,
  { pace, failure, signal }: { pace: Pace; failure: Failure; signal: AbortSignal },
  evidenceOf: (load: Load) => Evidence = (asked) => serverEvidence(runtimeOf(server.place), asked),
): Promise<ServerTrial> {
  using ending = new EndOfContainer(server.place);
  await using watch = await watchFromRest(server, () => evidenceOf(load), signal);
  const { evidence } = watch;
  await watch.trace(server.label);
  const { label, address } = server;
  await loadServer(server.place, load, evidence, { label, signal, ...defined({ address }) });
  const left = await debug.wait(
    'the server to be rid of its users',
    watch.untilLeft(RID_MS, signal, server.atRest),
  );
  await watch[Symbol.asyncDispose]();
  const end = await ending.seen(watch.lost !== undefined);
  if (end) fileContainerEnd(evidence, end);
  const judged = judgeServerWatch(evidence);
  const open = servedOf(judged.facts, failure);
  const over = endOf(server, watch, judged) ?? keptBy(server, left);
  return { ...loaded(load, open, pace, evidence), judged, ...defined({ over }) };
}

/** A load that left so many open. */
export function loaded(load: Load, open: number, pace: Pace, evidence: Evidence) {
  const { users, ramp } = load;
  return { users, open, failed: users - open, pace, rampMs: Number.parseInt(ramp, 10), evidence };
}

/** Where a server is: in the words of the evidence. */
export function runtimeOf({ container }: Place): 'docker' | 'native' {
  return container ? 'docker' : 'native';
}

/** What it has when the watch begins it has at rest. */
async function watchFromRest(
  server: SearchedServer,
  evidenceOf: () => Evidence,
  signal: AbortSignal,
): Promise<ServerWatch> {
  for (;;) {
    const watch = await watchServer(server, evidenceOf(), signal).catch((error: unknown) => {
      // It was there when the search began.
      if (error instanceof UsageError) throw new SearchOver(`the server has ended: ${error.message}`);
      throw error;
    });
    try {
      const left = await watch.untilLeft(RID_MS, signal, server.atRest);
      const over = restartOf(server, watch.evidence) ?? keptBy(server, left);
      if (over !== undefined) throw new SearchOver(over);
      if ((watch.first ?? 0) <= server.atRest) return watch;
    } catch (error) {
      await watch[Symbol.asyncDispose]();
      throw error;
    }
    await watch[Symbol.asyncDispose]();
  }
}

function keptBy({ atRest }: SearchedServer, left: number | undefined): string | undefined {
  if (left === undefined) return 'the watch beside the server said nothing any more';
  if (left <= atRest) return undefined;
  return `${count(left - atRest, 'connection')} on its port ${RID_MS / 1000} s after all users had left: the server does not close them, or others have come`;
}

/** Undefined: the server is still the one that it was. */
function endOf(server: SearchedServer, watch: ServerWatch, { facts }: JudgedWatch): string | undefined {
  const { exit } = facts.gateway;
  if (watch.lost !== undefined && exit === undefined)
    return `the watch ended during this load: ${watch.lost}`;
  if (watch.over) return `the server ended during this load${exit ? `: ${exit.how}` : ''}`;
  return restartOf(server, watch.evidence);
}

function restartOf({ pids }: SearchedServer, evidence: Evidence): string | undefined {
  const now = evidence.observer.series.at(-1)?.server?.holders ?? {};
  const lives = (pid: number) => now[pid] !== undefined && !['gone', 'Z'].includes(now[pid].state);
  // Those that this user cannot see may be the same.
  if (pids.length === 0 || holdersOf(evidence).length === 0 || pids.some(lives)) return undefined;
  return `the server was started anew: of its processes (${pids.join(', ')}) none is left`;
}
