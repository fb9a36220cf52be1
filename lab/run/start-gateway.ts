import { Debug } from '../../common/debug.ts';
import { CannotRunError, UsageError } from '../../common/errors.ts';
import { within } from '../../common/waiting.ts';
import type { GatewayLine, ListeningLine } from '../../protocol/gateway-events.ts';
import { endedEarly, reasonOf } from '../runtimes/fault.ts';
import type { Part, Stage } from '../runtimes/runtime.ts';
import { environmentOf, type Settings } from '../settings/schema.ts';
import { unlessEnded } from './part-end.ts';

const debug = new Debug('run');

/** A gateway that listens. */
export interface RunningGateway {
  part: Part;
  listening: ListeningLine;
}

const START_MS = 20_000;
const BAD_SETTINGS = 2;

/**
 * Starts the gateway and waits until it listens. Throws UsageError when it refuses its settings or its limit, in its
 * own words, and CannotRunError when it does not come up.
 */
export async function startGateway(
  stage: Pick<Stage, 'start' | 'listenHost' | 'sources'>,
  settings: Settings,
  onLine: (line: GatewayLine) => void,
  number = 0,
): Promise<RunningGateway> {
  const { promise, resolve } = Promise.withResolvers<ListeningLine>();
  const part = await stage.start({
    role: 'gateway',
    gateway: number,
    module: 'gateway/main.ts',
    env: {
      ...environmentOf('gateway', settings),
      HOST: stage.listenHost,
      PORT: String(portOf(settings, number)),
      ...(hasManySources(stage) && { PEER_ADDRESSES: '1' }),
    },
    nofile: settings.nofile,
    onLine: (line) => {
      const parsed = line as GatewayLine;
      if (parsed.event === 'listening') resolve(parsed);
      onLine(parsed);
    },
  });
  const begun = unlessEnded(part, promise, (ending) => {
    const why = reasonOf(ending);
    return ending.code === BAD_SETTINGS
      ? new UsageError(`gateway: ${why}`)
      : endedEarly('gateway', ending, `gateway: did not start with ${limitsOf(settings)}: ${why}`);
  });
  const late = new CannotRunError(
    `gateway: not listening after ${START_MS / 1000} s with ${limitsOf(settings)}`,
  );
  const listening = await debug.wait('the gateway to listen', within(START_MS, begun, late), START_MS);
  return { part, listening };
}

/** Users come from several addresses, of which two may have the same local port. */
export function hasManySources({ sources = 1 }: Pick<Stage, 'sources'>): boolean {
  return sources > 1;
}

/** Each has a port of its own, by which what the kernel tells of all namespaces can be told apart; 0 lets the kernel choose. */
function portOf({ port }: Settings, number: number): number {
  return port === 0 ? 0 : port + number;
}

/** What can keep a gateway from starting. */
function limitsOf({ nofile, cpus, memory_mb, pids_max }: Settings): string {
  const limits = Object.entries({ nofile, cpus, memory_mb, pids_max }).filter(([, value]) => value > 0);
  return limits.map(([name, value]) => `${name}=${value}`).join(', ');
}
