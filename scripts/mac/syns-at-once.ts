import { DARWIN } from '../../lab/laws/queue-model/darwin-counters.ts';
import { simulate } from '../../lab/laws/queue-model/simulate.ts';
import { darwinQueueLimit } from '../../system/darwin/queue-limit.ts';

/** What became of a burst at a listener that accepts nobody. */
export interface Burst {
  users: number;
  backlog: number;
  somaxconn: number;
  reset: number;
}

/** Candidates, so many SYNs at once. */
const CANDIDATES = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512];

/** Before a SYN is sent again, ms. */
export const BURST_MS = 800;

/**
 * How many SYNs the loopback’s thread finds at once, when so many users were reset: the least and the most of the candidates at which the
 * model is as near to that number as at any. Undefined: nobody was reset, so each handshake was complete before the next began.
 */
export function synsAtOnce({ users, backlog, somaxconn, reset }: Burst): [number, number] | undefined {
  if (reset === 0) return undefined;
  const off = CANDIDATES.filter((batch) => batch <= users).map(
    (batch) => [batch, Math.abs(resetsAt(batch, { users, backlog, somaxconn }) - reset)] as const,
  );
  const least = Math.min(...off.map(([, by]) => by));
  const near = off.filter(([, by]) => by === least).map(([batch]) => batch);
  return [Math.min(...near), Math.max(...near)];
}

/** Users reset, by the model, with so many SYNs at once. */
export function resetsAt(batch: number, { users, backlog, somaxconn }: Omit<Burst, 'reset'>): number {
  const result = simulate({
    dialect: 'darwin',
    settings: { backlog, somaxconn },
    arrivals: Array(users).fill(0),
    link: { kind: 'batches', batch },
    server: { acceptRate: 1, stoppedUntilMs: Number.POSITIVE_INFINITY },
    client: { patienceMs: BURST_MS },
    seed: 1,
  });
  return result.users.filter(({ outcome }) => outcome === 'reset').length;
}

/** Evicted by the kernel’s own counters, of a growth that root read; undefined: they are not there. */
export function evictedBy(growth: Readonly<Record<string, number>>): number | undefined {
  const [accepts, connects] = [growth[DARWIN.accepts], growth[DARWIN.connects]];
  return accepts === undefined || connects === undefined ? undefined : 2 * accepts - connects;
}

/** The queue’s limit by the law. */
export function limitOf({ backlog, somaxconn }: Pick<Burst, 'backlog' | 'somaxconn'>): number {
  return darwinQueueLimit({ backlog, somaxconn });
}
