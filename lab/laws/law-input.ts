import type { Evidence } from '../evidence/evidence.ts';
import type { Settings } from '../settings/schema.ts';
import type { LawInput } from './law.ts';

/** What laws reckon with, read back from one execution. */
export function inputOf(evidence: Evidence): LawInput {
  const { observer, gateway, fleet, asked } = evidence;
  const { process, sysctls } = observer.before ?? {};
  const self = fleet.done?.self;
  return {
    ...(process ? { nofile: process.nofileHard, descriptors: process.descriptors } : {}),
    ...(gateway.listening ? { backlog: gateway.listening.backlog } : {}),
    ...(sysctls?.somaxconn ? { somaxconn: Number(sysctls.somaxconn) } : {}),
    ...darwinQueue(sysctls),
    stopped: gateway.stopped !== undefined,
    ...(self ? { ports: self.ports } : {}),
    ...(self?.room === undefined ? {} : { robotsRoom: self.room }),
    listening: self?.ports.taken ?? (gateway.listening ? [gateway.listening.port] : []),
    waiting: asked.waiting,
    maxConnections: asked.max_connections,
    capSilent: asked.cap_silent === 1,
  };
}

function darwinQueue(sysctls: Record<string, string> = {}): Pick<LawInput, 'darwin'> {
  const somaxconn = Number(sysctls['kern.ipc.somaxconn']);
  if (!Number.isInteger(somaxconn)) return {};
  return { darwin: { somaxconn, soqlimitcompat: Number(sysctls['kern.ipc.soqlimitcompat'] ?? 1) } };
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
    ...(first && last ? { ports: { first, last, addresses: 1 } } : {}),
    ...(settings.robots_nofile === undefined ? {} : { robotsRoom: settings.robots_nofile }),
    listening: [],
    waiting: settings.waiting,
    maxConnections: settings.max_connections,
    capSilent: settings.cap_silent === 1,
  };
}
