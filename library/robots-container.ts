import { CannotRunError } from '../common/errors.ts';
import { RUN_LABEL } from '../lab/runtimes/docker/client.ts';
import { startContainer } from '../lab/runtimes/docker/container.ts';
import { ensureImage } from '../lab/runtimes/docker/image.ts';
import { reasonOf } from '../lab/runtimes/fault.ts';
import type { FleetDoneLine, FleetLine, UserLine } from '../protocol/fleet-events.ts';
import { engine } from './engine.ts';
import { type Load, MOST_USERS } from './load-options.ts';
import type { StartedGatewayContainer } from './started-gateway-container.ts';

/** Beyond the load's own times, until the fleet gives up: what a busy machine may need. */
const PATIENCE_S = 120;

/** What became of each user, and of the fleet. */
export interface FleetResult {
  users: UserLine[];
  done: FleetDoneLine;
}

/** Runs one load from a container of its own beside the server. Throws when the fleet ends without a result. */
export async function runFleet(
  target: StartedGatewayContainer,
  load: Load,
  users: number,
  rampMs: number,
): Promise<FleetResult> {
  load.signal?.throwIfAborted();
  const docker = await engine();
  const { network, port, label } = target.surroundings;
  const lines: UserLine[] = [];
  let done: FleetDoneLine | undefined;
  const part = await startContainer(
    docker,
    await ensureImage(docker, load.signal),
    {
      role: 'robots',
      module: 'robots/main.ts',
      env: environment(target.getListenHost(), port, load, users, rampMs),
      onLine: (line) => {
        const said = line as FleetLine;
        if (said.event === 'user') lines.push(said);
        else if (said.event === 'done') done = said;
      },
    },
    { network, sysctls: { 'net.ipv4.ip_local_port_range': `1024 ${1023 + MOST_USERS}` } },
    { [RUN_LABEL]: label },
  );
  const stop = () => void part.signal('SIGTERM');
  load.signal?.addEventListener('abort', stop, { once: true });
  if (load.signal?.aborted) stop();
  const ending = await part.ended;
  load.signal?.removeEventListener('abort', stop);
  load.signal?.throwIfAborted();
  if (done !== undefined && !done.interrupted) return { users: lines, done };
  throw new CannotRunError(`robots: no result: ${reasonOf(ending)}`);
}

function environment(host: string, port: number, load: Load, users: number, rampMs: number) {
  const longestMs = rampMs + load.connectTimeoutMs + load.holdMs;
  return {
    TARGET_HOST: host,
    TARGET_PORT: String(port),
    KIND: load.kind,
    TARGET_PATH: load.path,
    USERS: String(users),
    RAMP: rampMs === 0 ? '0' : `${rampMs}ms`,
    ROUNDS: '0',
    HOLD_MS: String(load.holdMs),
    CONNECT_TIMEOUT_MS: String(load.connectTimeoutMs),
    MAX_LIFETIME_S: String(Math.ceil(longestMs / 1000) + PATIENCE_S),
  };
}
