import type {
  DarwinSettings,
  LinuxSettings,
  ModelInput,
} from '../../../../lab/laws/queue-model/model-input.ts';
import type { ModelResult } from '../../../../lab/laws/queue-model/output.ts';

type Rest<T> = Partial<Omit<Extract<ModelInput, { dialect: T }>, 'dialect' | 'settings'>>;

/** Nobody accepts, nothing is random in time, and users have patience for everything. */
const STUCK = {
  server: { acceptRate: 1000, stoppedUntilMs: Number.POSITIVE_INFINITY },
  client: { patienceMs: Number.POSITIVE_INFINITY },
  seed: 1,
};

/** A macOS server that is stuck; all SYNs of a burst in one batch. */
export function darwin(
  settings: Partial<DarwinSettings>,
  users: number,
  rest: Rest<'darwin'> = {},
): ModelInput {
  return {
    dialect: 'darwin',
    settings: { backlog: 511, somaxconn: 128, ...settings },
    arrivals: Array(users).fill(0),
    link: { kind: 'batches', batch: 100_000 },
    ...STUCK,
    ...rest,
  };
}

/** A Linux server that is stuck, over a link on which every SYN is there before the first ACK. */
export function linux(settings: Partial<LinuxSettings>, users: number, rest: Rest<'linux'> = {}): ModelInput {
  return {
    dialect: 'linux',
    settings: { backlog: 511, somaxconn: 128, ...settings },
    arrivals: Array(users).fill(0),
    link: { kind: 'delay', delayMs: 20 },
    ...STUCK,
    ...rest,
  };
}

/** Users by `outcome fate`. */
export function tally({ users }: ModelResult): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome, fate } of users) {
    const what = `${outcome} ${fate}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
