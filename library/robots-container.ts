import { rampMs } from '../common/duration.ts';
import { CannotRunError } from '../common/errors.ts';
import { fileFleetLine } from '../lab/evidence/collect.ts';
import type { Evidence } from '../lab/evidence/evidence.ts';
import { endOfLoad } from '../lab/run/part-end.ts';
import { RUN_LABEL } from '../lab/runtimes/docker/client.ts';
import { startContainer } from '../lab/runtimes/docker/container.ts';
import { ensureImage } from '../lab/runtimes/docker/image.ts';
import { reasonOf } from '../lab/runtimes/fault.ts';
import { type ProbeFinding, type ProbeLine, refusalOf } from '../lab/target/probe-finding.ts';
import { type Load, loadEnvironment } from '../lab/target/server-load.ts';
import { shownUrl, type TargetUrl } from '../lab/target/target-url.ts';
import type { FleetDoneLine, FleetLine } from '../protocol/fleet-events.ts';
import { engine } from './engine.ts';
import { MOST_USERS } from './load-options.ts';
import type { StartedGatewayContainer } from './started-gateway-container.ts';

/** Beyond the load's own times, until the fleet gives up: what a busy machine may need. */
const PATIENCE_S = 120;

/** What helps against what a probe finds. */
const WORDS = {
  certificate: 'tls.ca, tls.servername or tls.insecure',
  subprotocol: 'subprotocols with one that it speaks, or none',
};

/**
 * Makes one connection to the server as a user that its URL names. Nothing without a URL.
 * @throws {UsageError} in one line: TLS or none, its certificate, the subprotocol
 */
export async function probeTarget(
  where: string,
  target: StartedGatewayContainer,
  load: Load,
  url: TargetUrl | undefined,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (url === undefined) return;
  signal?.throwIfAborted();
  let found: ProbeFinding | undefined;
  const docker = await engine();
  const { network, port, label } = target.surroundings;
  const part = await startContainer(
    docker,
    await ensureImage(docker, signal),
    {
      role: 'robots',
      module: 'lab/target/probe-main.ts',
      env: loadEnvironment(load, target.getListenHost(), port),
      onLine: (line) => {
        found = line as ProbeLine;
      },
    },
    { network, sysctls: {} },
    { [RUN_LABEL]: label },
  );
  const ending = await part.ended;
  if (found === undefined)
    throw new CannotRunError(`${where}: no connection can be made: ${reasonOf(ending)}`);
  // The container's port is what counts: the other scheme is told without one.
  const other = { ...url, port: url.tls ? 80 : 443 };
  const refusal = refusalOf(`${where}: url ${shownUrl(url)}`, found, other, WORDS);
  if (refusal) throw refusal;
}

/** Runs one load from a container of its own beside the server, and files what it says. Throws when it ends without a result. */
export async function runFleet(
  target: StartedGatewayContainer,
  load: Load,
  evidence: Evidence,
  signal: AbortSignal | undefined,
): Promise<FleetDoneLine> {
  signal?.throwIfAborted();
  const docker = await engine();
  const { network, port, label } = target.surroundings;
  const longestMs = rampMs(load.ramp) + load.timeoutMs + load.holdMs;
  const lifetimeS = Math.ceil(longestMs / 1000) + PATIENCE_S;
  const part = await startContainer(
    docker,
    await ensureImage(docker, signal),
    {
      role: 'robots',
      module: 'robots/main.ts',
      env: {
        ...loadEnvironment(load, target.getListenHost(), port),
        MAX_LIFETIME_S: String(lifetimeS),
      },
      onLine: (line) => fileFleetLine(evidence, line as FleetLine),
    },
    { network, sysctls: { 'net.ipv4.ip_local_port_range': `1024 ${1023 + MOST_USERS}` } },
    { [RUN_LABEL]: label },
  );
  const ending = await endOfLoad(part, lifetimeS * 1000, () => void part.signal('SIGTERM'), signal);
  signal?.throwIfAborted();
  const { done } = evidence.fleet;
  if (done !== undefined && !done.interrupted) return done;
  throw new CannotRunError(`robots: no result: ${reasonOf(ending)}`);
}
