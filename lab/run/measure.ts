import { Debug } from '../../common/debug.ts';
import { defined } from '../../common/defined.ts';
import type { FleetLine, ProgressLine } from '../../protocol/fleet-events.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import { hostWords } from '../../system/host.ts';
import type { Driver } from '../drivers/driver.ts';
import {
  fileFleetLine,
  fileGatewayLine,
  fileLabLine,
  fileObserverLine,
  fileTrace,
  fileTraced,
} from '../evidence/collect.ts';
import { type Evidence, nothingMeasured } from '../evidence/evidence.ts';
import type { Keep } from '../evidence/lab-lines.ts';
import { beginJoining, endJoining } from '../evidence/ledger/join.ts';
import { startTracer } from '../evidence/linux/trace/tracer.ts';
import { watchForLoss } from '../evidence/lost.ts';
import { takeServersResets } from '../evidence/reset-at-server.ts';
import { descriptorThreshold } from '../laws/descriptor-law.ts';
import { endedEarly, reasonOf } from '../runtimes/fault.ts';
import { endPart } from '../runtimes/processes.ts';
import type { Runtime, Stage } from '../runtimes/runtime.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { KillAtUsers } from './kill-at-users.ts';
import { loadDeadlineMs } from './load-deadline.ts';
import { endOfLoad, unlessEnded } from './part-end.ts';
import { type RunningGateway, startGateway } from './start-gateway.ts';
import { Stop } from './stop.ts';

const debug = new Debug('run');

interface MeasureOptions {
  runtime: Runtime;
  driver: Driver;
  settings: ResolvedSettings;
  /** Marks everything that is made, for `clean`. */
  label: string;
  signal?: AbortSignal;
  /** Have the kernel trace the resets, where it can be had. */
  trace?: boolean;
  /** The number of users from the predicted threshold, when it depends on that. */
  users?: (predicted: number) => number;
  onProgress?: (line: ProgressLine) => void;
  /** Called with each line of evidence as it comes. */
  keep?: Keep;
  /** Called when all is watched and the load is about to begin. */
  onBegin?: (evidence: Evidence) => void;
}

/**
 * One execution: settings → runtime → load → evidence. Nothing is judged. On an abort the evidence so far comes back;
 * everything started has ended when this returns or throws.
 */
export async function measure(options: MeasureOptions): Promise<Evidence> {
  const { label, runtime, driver } = options;
  debug.say('%s begins: runtime %s, driver %s', label, runtime.name, driver.name);
  await using stage = await runtime.open(options.settings, label, options.signal);
  const asked = { ...options.settings.values };
  const evidence = nothingMeasured({
    host: hostWords(),
    runtime: runtime.name,
    driver: driver.name,
    exclusive: stage.exclusive,
    asked,
    ...defined({ keep: options.keep }),
  });
  const kill = new KillAtUsers(asked.kill_at_users);
  const gateway = await startGateway(stage, asked, (line) => {
    fileGatewayLine(evidence, line);
    kill.watch(line);
  });
  kill.part = gateway.part;
  const ending = watchForExit(gateway, evidence);
  const observer = await startObserver(stage, gateway, evidence);
  const { link_delay_ms: delayMs } = asked;
  if (delayMs > 0) {
    const qdisc = await debug.wait('the link to be delayed', stage.delayLink(delayMs));
    fileLabLine(evidence, { event: 'link', at: Date.now(), delayMs, qdisc });
  }
  if (asked.packet_filter !== 'none')
    await debug.wait(
      'the packet filter to be there',
      stage.filterPackets?.(gateway.listening.port) ?? Promise.resolve(),
    );
  if (options.users) {
    const rest = evidence.observer.before?.process?.descriptors ?? gateway.listening.descriptorsAtRest;
    asked.users = options.users(descriptorThreshold(gateway.listening.nofile, rest));
  }
  if (options.trace) beginJoining(evidence.ledger);
  await using tracer = options.trace
    ? await startTracer({
        label,
        host: stage.targetHost,
        port: stage.targetPort ?? gateway.listening.port,
        bootId: evidence.observer.before?.bootId,
        namespaces: evidence.observer.before?.namespaces,
        onLine: (line) => fileTraced(evidence, line),
      })
    : undefined;
  options.onBegin?.(evidence);
  await runLoad(options, stage, evidence, gateway);
  // The gateway's orderly end makes resets of its own.
  if (tracer) fileTrace(evidence, await tracer.stop());
  const proxy = stage.proxy?.();
  if (proxy) fileLabLine(evidence, { event: 'proxy', at: Date.now(), seen: proxy });
  await observer.end();
  endJoining(evidence.ledger);
  ending.expected = true;
  await endPart(gateway.part);
  takeServersResets(evidence);
  debug.say('%s: all is measured', label);
  return evidence;
}

function watchForExit({ part }: RunningGateway, evidence: Evidence): { expected: boolean } {
  const ending = { expected: false };
  part.ended.then((end) => {
    if (!ending.expected) fileLabLine(evidence, { event: 'gateway-exit', at: Date.now(), ...end });
  });
  return ending;
}

async function startObserver(
  stage: Stage,
  gateway: RunningGateway,
  evidence: Evidence,
): Promise<{ end(): Promise<unknown> }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const part = await stage.start({
    role: 'observer',
    module: 'lab/evidence/observer.ts',
    env: {
      GATEWAY_PID: String(gateway.listening.pid),
      GATEWAY_PORT: String(gateway.listening.port),
      GATEWAY_NOFILE: String(gateway.listening.nofile),
      ...defined({ LEDGER: process.env.LEDGER }),
    },
    onLine: (line) => {
      fileObserverLine(evidence, line as ObserverLine);
      if (evidence.observer.before) resolve();
    },
  });
  const begun = unlessEnded(part, promise, (ending) =>
    endedEarly('observer', ending, `observer: did not start: ${reasonOf(ending)}`),
  );
  await debug.wait('the observer to begin', begun);
  return watchForLoss(part, evidence);
}

async function runLoad(
  options: MeasureOptions,
  stage: Stage,
  evidence: Evidence,
  gateway: RunningGateway,
): Promise<void> {
  const { settings, driver, signal, onProgress } = options;
  const { stop_ms: stopMs } = evidence.asked;
  const stopped = stopMs > 0 ? await Stop.begin(gateway.part, stopMs, evidence) : undefined;
  const load = await driver.start(stage, {
    host: stage.targetHost,
    port: stage.targetPort ?? gateway.listening.port,
    settings: evidence.asked,
    explicit: settings.explicit,
    onLine: (line: FleetLine) => {
      fileFleetLine(evidence, line);
      if (line.event !== 'progress') return;
      stopped?.watch(line);
      onProgress?.(line);
    },
  });
  const stop = () => {
    void stopped?.end();
    void load.signal('SIGTERM');
  };
  const boundMs = loadDeadlineMs(evidence.asked);
  const what = `the load of ${evidence.asked.users} users to end`;
  const ending = await debug.wait(what, endOfLoad(load, boundMs, stop, signal), boundMs);
  await stopped?.end();
  if (evidence.fleet.done === undefined && !signal?.aborted)
    throw endedEarly(driver.name, ending, `${driver.name}: no result: ${reasonOf(ending)}`);
}
