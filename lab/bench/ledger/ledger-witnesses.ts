import { CannotRunError } from '../../../common/errors.ts';
import { pause, within } from '../../../common/waiting.ts';
import type { WitnessLine } from '../../../protocol/connection-events.ts';
import type { ObserverLine } from '../../../protocol/observer-events.ts';
import { hostWords } from '../../../system/host.ts';
import { fileObserverLine, fileTraced } from '../../evidence/collect.ts';
import { type Evidence, nothingMeasured } from '../../evidence/evidence.ts';
import { beginJoining, endJoining } from '../../evidence/ledger/join.ts';
import { connectionsOf } from '../../evidence/ledger/ledger.ts';
import { startTracer } from '../../evidence/linux/trace/tracer.ts';
import { endPart } from '../../runtimes/processes.ts';
import type { Part, Stage } from '../../runtimes/runtime.ts';
import type { ResolvedSettings } from '../../settings/setting-sources.ts';
import type { Ledger } from './ledger-case.ts';

const START_MS = 20_000;
/** Its witnesses begin after its first line. */
const WITNESS_MS = 1000;

/** Whoever tells of the connections in a trial, and what they told: filed as in every run, since that is a part of the cost. */
export interface Witnesses {
  /** Ends them. Gives how many connections that had ended they told of, what was lost, and why one told nothing. */
  end(): Promise<{ told: number; lost: number; tracedLost: number; missing: string | undefined }>;
}

/** Starts the observer beside the server and, for `tracefs`, the tracer. */
export async function startWitnesses(
  stage: Stage,
  settings: ResolvedSettings,
  target: { label: string; pid: number; ledger: Ledger; observer: string },
  signal: AbortSignal,
): Promise<Witnesses & AsyncDisposable> {
  const evidence = nothingMeasured({
    host: hostWords(),
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked: settings.values,
  });
  const said = new Map<string, WitnessLine>();
  const part = await startObserver(stage, settings, target, signal, (line) => {
    fileObserverLine(evidence, line);
    if (line.event === 'witness') said.set(line.by, line);
  });
  const traced = target.ledger === 'tracefs';
  if (traced) beginJoining(evidence.ledger);
  const tracer = traced
    ? await startTracer({
        label: target.label,
        host: stage.targetHost,
        port: settings.values.port,
        bootId: evidence.observer.before?.bootId,
        namespaces: evidence.observer.before?.namespaces,
        onLine: (line) => fileTraced(evidence, line),
      })
    : undefined;
  return {
    async end() {
      const trace = await tracer?.stop();
      await endPart(part);
      if (traced) endJoining(evidence.ledger);
      const missing = [...said.values()].flatMap(({ by, missing: why }) => (why ? [`${by}: ${why}`] : []));
      if (trace?.available === false) missing.push(`tracefs: ${trace.why}`);
      return {
        told: endedIn(evidence),
        // One list, of two witnesses: what is lost to one may be what the other names as well.
        lost: Math.max(0, ...[...said.values()].map(({ lost }) => lost)),
        tracedLost: trace?.lost ?? 0,
        missing: missing[0],
      };
    },
    async [Symbol.asyncDispose]() {
      await tracer?.[Symbol.asyncDispose]();
    },
  };
}

async function startObserver(
  stage: Stage,
  { values }: ResolvedSettings,
  { pid, ledger, observer }: { pid: number; ledger: Ledger; observer: string },
  signal: AbortSignal,
  onLine: (line: ObserverLine) => void,
): Promise<Part> {
  const first = Promise.withResolvers<void>();
  const part = await stage.start({
    role: 'observer',
    module: observer,
    env: {
      GATEWAY_PID: `${pid}`,
      GATEWAY_PORT: `${values.port}`,
      ...(ledger === 'off' && { LEDGER: 'off' }),
    },
    onLine: (line) => {
      first.resolve();
      onLine(line as ObserverLine);
    },
  });
  await within(START_MS, first.promise, new CannotRunError('observer: did not start in 20 s'), signal);
  await pause(WITNESS_MS, signal);
  return part;
}

function endedIn({ ledger }: Evidence): number {
  let ended = 0;
  for (const { open } of connectionsOf(ledger)) if (open !== true) ended += 1;
  return ended;
}
