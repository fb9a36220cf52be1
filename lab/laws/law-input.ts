import { defined } from '../../common/defined.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { Settings } from '../settings/schema.ts';
import type { LawInput } from './law.ts';

/** What laws reckon with, read back from one execution. */
export function inputOf(evidence: Evidence): LawInput {
  const { observer, gateway, fleet, asked } = evidence;
  const { process, sysctls = {} } = observer.before ?? {};
  const { listening } = gateway;
  const self = fleet.done?.self;
  const darwin = {
    somaxconn: Number(sysctls['kern.ipc.somaxconn']),
    soqlimitcompat: Number(sysctls['kern.ipc.soqlimitcompat'] ?? 1),
  };
  return {
    ...defined({
      nofile: process?.nofileHard,
      descriptors: process?.descriptors,
      backlog: listening?.backlog,
      somaxconn: sysctls.somaxconn ? Number(sysctls.somaxconn) : undefined,
      darwin: Number.isInteger(darwin.somaxconn) ? darwin : undefined,
      ports: self?.ports,
      robotsRoom: self?.room,
    }),
    stopped: gateway.stopped !== undefined,
    listening: self?.ports.taken ?? (listening ? [listening.port] : []),
    ...askedOf(asked),
  };
}

/**
 * What can be said before anything has run: an upper bound, since the descriptors at rest are not known yet. Good
 * enough to choose a first number of users.
 */
export function inputOfSettings(settings: Settings): LawInput {
  const [first, last] = settings.ip_local_port_range ?? [];
  return {
    nofile: settings.nofile,
    descriptors: [],
    backlog: settings.backlog,
    somaxconn: settings.somaxconn,
    stopped: settings.stop_ms > 0,
    ...defined({
      ports: first && last ? { first, last, addresses: settings.sources ?? 1 } : undefined,
      robotsRoom: settings.robots_nofile,
    }),
    listening: [],
    ...askedOf(settings),
  };
}

/** What is in force as it was asked for. */
function askedOf({ waiting, max_connections, cap_silent }: Settings) {
  return { waiting, maxConnections: max_connections, capSilent: cap_silent === 1 };
}
