import { Debug } from '../../common/debug.ts';
import { defined } from '../../common/defined.ts';
import { EndTogether } from '../../common/end-together.ts';
import { CannotRunError } from '../../common/errors.ts';
import type { FleetLine, ProgressLine } from '../../protocol/fleet-events.ts';
import type { ObserverLine } from '../../protocol/observer-events.ts';
import { noTrace } from '../../protocol/trace-events.ts';
import { hostWords } from '../../system/host.ts';
import type { Driver } from '../drivers/driver.ts';
import { startFleets } from '../drivers/fleets.ts';
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
import { startTracer, type Tracer } from '../evidence/linux/trace/tracer.ts';
import { howOf, watchForLoss } from '../evidence/lost.ts';
import { takeServersResets } from '../evidence/reset-at-server.ts';
import { descriptorThreshold } from '../laws/descriptor-law.ts';
import { endedEarly, reasonOf } from '../runtimes/fault.ts';
import { newLabel } from '../runtimes/label.ts';
import { endPart } from '../runtimes/processes.ts';
import type { Part, Runtime, Stage } from '../runtimes/runtime.ts';
import type { Settings } from '../settings/schema.ts';
import type { ResolvedSettings } from '../settings/setting-sources.ts';
import { sharesOf, usersOfEach } from '../settings/shares.ts';
import { isTraced, MOST_TRACED } from '../settings/traced.ts';
import { KillAtUsers } from './kill-at-users.ts';
import { loadDeadlineMs } from './load-deadline.ts';
import { allLostInWords, lostOfAll } from './lost-parts.ts';
import { endOfLoad, unlessEnded } from './part-end.ts';
import { hasManySources, type RunningGateway, startGateway } from './start-gateway.ts';
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
  /** Gives what each line of evidence goes to as it comes, by the gateway's number; undefined: there is the one. */
  keep?: (gateway: number | undefined) => Keep;
  /** What is left of a load that has lost a part comes back; else that throws CannotRunError. */
  partial?: boolean;
  /** Called when all is watched and the load is about to begin. */
  onBegin?: (evidences: readonly Evidence[]) => void;
}

/**
 * One execution: settings → runtime → load → evidence, of each gateway its own. Nothing is judged. On an abort the evidence so far comes
 * back; everything started has ended when this returns or throws.
 */
export async function measureEach(options: MeasureOptions): Promise<Evidence[]> {
  const { label, runtime, driver } = options;
  debug.say('%s begins: runtime %s, driver %s', label, runtime.name, driver.name);
  await using stage = await runtime.open(options.settings, label, options.signal);
  const asked = { ...options.settings.values };
  const numbers = Array.from({ length: asked.gateways }, (_, number) => number);
  const watched: Watched[] = [];
  for (let from = 0; from < numbers.length; from += AT_ONCE) {
    const some = numbers.slice(from, from + AT_ONCE);
    watched.push(...(await Promise.all(some.map((number) => beginWatch(options, stage, number)))));
  }
  if (options.users) asked.users = options.users(watched.reduce((sum, one) => sum + roomOf(one), 0));
  for (const [number, users] of usersOfEach(asked).entries())
    (watched[number] as Watched).evidence.asked.users = users;
  await using tracers = new EndTogether();
  const untraced = stage.clocks ? ELSEWHERE : isTraced(asked) ? undefined : TOO_MANY_TO_TRACE;
  if (options.trace && untraced !== undefined)
    for (const { evidence } of watched) fileTrace(evidence, noTrace(untraced));
  else if (options.trace)
    await Promise.all(watched.map(async (one) => tracers.add(await startTrace(options, stage, one))));
  const evidences = watched.map(({ evidence }) => evidence);
  options.onBegin?.(evidences);
  await runLoad(options, stage, watched, asked);
  const clocks = await stage.clocks?.();
  if (clocks)
    for (const evidence of evidences) fileLabLine(evidence, { event: 'clocks', at: Date.now(), clocks });
  await Promise.all(watched.map((one) => endWatch(stage, one)));
  for (const evidence of evidences) takeServersResets(evidence);
  debug.say('%s: all is measured', label);
  return evidences;
}

/** The same where there is one gateway. */
export async function measure(options: Omit<MeasureOptions, 'keep' | 'onBegin'>): Promise<Evidence> {
  const [evidence] = await measureEach(options);
  return evidence as Evidence;
}

const ELSEWHERE = 'the parts are on other machines than the lab';
const TOO_MANY_TO_TRACE = `up to ${MOST_TRACED.gateways} gateways are traced, with up to ${MOST_TRACED.users} users`;

/** How often an observer looks, ms; several look less often, at most so many times less. */
const OBSERVE_MS = 50;
const MOST_SELDOM = 4;

/** So many gateways start at once: more would have to wait for a processor for longer than a start may take. */
const AT_ONCE = 8;

/** A gateway that is watched. */
interface Watched {
  number: number;
  evidence: Evidence;
  gateway: RunningGateway;
  ending: { expected: boolean };
  observer: { end(): Promise<unknown> };
  tracer?: Tracer;
}

async function beginWatch(options: MeasureOptions, stage: Stage, number: number): Promise<Watched> {
  const asked = { ...options.settings.values };
  const evidence = nothingMeasured({
    host: hostWords(),
    runtime: options.runtime.name,
    driver: options.driver.name,
    exclusive: stage.exclusive,
    asked,
    ...defined({ keep: options.keep?.(asked.gateways > 1 ? number : undefined) }),
  });
  const kill = new KillAtUsers(asked.kill_at_users);
  const gateway = await startGateway(
    stage,
    asked,
    (line) => {
      fileGatewayLine(evidence, line);
      kill.watch(line);
    },
    number,
  );
  kill.part = gateway.part;
  const ending = watchForExit(gateway, evidence, number);
  const observer = await startObserver(stage, gateway, evidence, number);
  const { link_delay_ms: delayMs } = asked;
  if (delayMs > 0) {
    const qdisc = await debug.wait('the link to be delayed', stage.delayLink(delayMs, number));
    fileLabLine(evidence, { event: 'link', at: Date.now(), delayMs, qdisc });
  }
  if (asked.packet_filter !== 'none')
    await debug.wait(
      'the packet filter to be there',
      stage.filterPackets?.(gateway.listening.port, number) ?? Promise.resolve(),
    );
  return { number, evidence, gateway, ending, observer };
}

/** Users that its descriptors suffice for. */
function roomOf({ evidence, gateway: { listening } }: Watched): number {
  const rest = evidence.observer.before?.process?.descriptors ?? listening.descriptorsAtRest;
  return descriptorThreshold(listening.nofile, rest);
}

/** Where users find a gateway. */
function addressFor(stage: Stage, { number, gateway }: Watched): { host: string; port: number } {
  return {
    host: stage.targetOf?.(number) ?? stage.targetHost,
    port: stage.targetPort ?? gateway.listening.port,
  };
}

async function startTrace(
  { label }: Pick<MeasureOptions, 'label'>,
  stage: Stage,
  watched: Watched,
): Promise<Tracer> {
  const { number, evidence } = watched;
  const { bootId, namespaces } = evidence.observer.before ?? {};
  beginJoining(evidence.ledger);
  watched.tracer = await startTracer({
    label: number === 0 ? label : newLabel(),
    ...addressFor(stage, watched),
    manySources: hasManySources(stage),
    bootId,
    namespaces,
    onLine: (line) => fileTraced(evidence, line),
  });
  return watched.tracer;
}

async function endWatch(
  stage: Stage,
  { evidence, gateway, ending, observer, tracer }: Watched,
): Promise<void> {
  // The gateway's orderly end makes resets of its own.
  if (tracer) fileTrace(evidence, await tracer.stop());
  const proxy = stage.proxy?.();
  if (proxy) fileLabLine(evidence, { event: 'proxy', at: Date.now(), seen: proxy });
  await observer.end();
  endJoining(evidence.ledger);
  ending.expected = true;
  await endPart(gateway.part);
}

function watchForExit({ part }: RunningGateway, evidence: Evidence, number: number): { expected: boolean } {
  const ending = { expected: false };
  part.ended.then((end) => {
    if (ending.expected) return;
    const { where } = part;
    const at = Date.now();
    fileLabLine(evidence, { event: 'gateway-exit', at, ...end, ...defined({ where }) });
    // Out of reach: whether it has ended is not known.
    if (where !== undefined && end.signal === 'gone')
      fileLabLine(evidence, {
        event: 'part-lost',
        at,
        role: 'gateway',
        number,
        where,
        how: howOf(end),
        users: 0,
      });
  });
  return ending;
}

async function startObserver(
  stage: Stage,
  gateway: RunningGateway,
  evidence: Evidence,
  number: number,
): Promise<{ end(): Promise<unknown> }> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const part = await stage.start({
    role: 'observer',
    gateway: number,
    module: 'lab/evidence/observer.ts',
    env: {
      GATEWAY_PID: String(gateway.listening.pid),
      GATEWAY_PORT: String(gateway.listening.port),
      GATEWAY_NOFILE: String(gateway.listening.nofile),
      ...(evidence.asked.gateways > 1 && {
        OBSERVE_MS: String(OBSERVE_MS * Math.min(MOST_SELDOM, evidence.asked.gateways)),
        SPARE_LOOKS: '1',
      }),
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
  watched: readonly Watched[],
  asked: Settings,
): Promise<void> {
  const { driver, signal } = options;
  const { stop_ms: stopMs } = asked;
  const stops = new Map<number, Stop>();
  if (stopMs > 0)
    for (const { number, evidence, gateway } of watched)
      stops.set(number, await Stop.begin(gateway.part, stopMs, evidence));
  const load = await startLoad(options, stage, watched, asked, (number, line) =>
    stops.get(number)?.watch(line),
  );
  const stop = () => {
    for (const one of stops.values()) void one.end();
    void load.signal('SIGTERM');
  };
  const boundMs = loadDeadlineMs(asked);
  const what = `the load of ${asked.users} users to end`;
  const ending = await debug.wait(what, endOfLoad(load, boundMs, stop, signal), boundMs);
  for (const one of stops.values()) await one.end();
  const silent = watched.some(
    ({ evidence: { asked, fleet } }) => asked.users > 0 && fleet.done === undefined,
  );
  if (silent && !signal?.aborted)
    throw endedEarly(driver.name, ending, `${driver.name}: no result: ${reasonOf(ending)}`);
  const lost = lostOfAll(watched.map(({ evidence }) => evidence));
  if (lost && !options.partial && !signal?.aborted)
    throw new CannotRunError(`${driver.name}: ${allLostInWords(lost)}`);
}

/** One fleet to the one gateway, or several that go through the load together. */
function startLoad(
  { settings: { explicit }, driver, onProgress }: MeasureOptions,
  stage: Stage,
  watched: readonly Watched[],
  asked: Settings,
  onPart: (gateway: number, line: ProgressLine) => void,
): Promise<Part> {
  const targetOf = (gateway: number) => addressFor(stage, watched[gateway] as Watched);
  const onLine = (gateway: number, line: FleetLine) => {
    fileFleetLine((watched[gateway] as Watched).evidence, line);
    if (line.event === 'progress') onPart(gateway, line);
  };
  if (stage.sources !== undefined) {
    const shares = sharesOf(asked, stage.sources);
    return startFleets(driver, stage, {
      settings: asked,
      explicit,
      shares: shares.filter(({ users }) => users > 0),
      targetOf,
      onLine,
      onLost: ({ share, where, ending, users }) =>
        fileLabLine((watched[share.gateway] as Watched).evidence, {
          event: 'part-lost',
          at: Date.now(),
          role: 'robots',
          number: shares.indexOf(share),
          ...defined({ where }),
          how: howOf(ending),
          users,
        }),
      onProgress: (line) => onProgress?.(line),
    });
  }
  return driver.start(stage, {
    ...targetOf(0),
    settings: asked,
    explicit,
    onLine(line) {
      onLine(0, line);
      if (line.event === 'progress') onProgress?.(line);
    },
  });
}
