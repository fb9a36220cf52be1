import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { DARWIN } from '../../../lab/laws/queue-model/darwin-counters.ts';
import type { ModelResult } from '../../../lab/laws/queue-model/output.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { Counters } from '../../../system/counters.ts';

const START = 1_700_000_000_000;
const EVERY_MS = 400;

/** What the model was asked, as far as the evidence shows it. */
export interface Asked {
  backlog: number;
  somaxconn: number;
  nofile: number;
  atRest: number[];
}

/**
 * Evidence as a Mac would leave it if the model were right: users and counters are the model's, and root could read them. So it is
 * predicted, never measured. Descriptors are those of users who are in at a sample's moment.
 */
export function evidenceOfModel({ users, counters, peak }: ModelResult, asked: Asked): Evidence {
  const { backlog, somaxconn, nofile, atRest } = asked;
  const evidence = noEvidence({
    host: { os: 'darwin', kernel: '24.5.0', node: 'v24' },
    runtime: 'native',
    driver: 'robots',
    exclusive: false,
    asked: settingsSchema.parse({ users: users.length, nofile, backlog }),
  });
  const { fleet, gateway, observer } = evidence;
  const bets = { placed: 0, acked: 0, rejected: 0 };
  let end = START;
  for (const { fate: _, startedMs, outcome, ...user } of users) {
    const line = { event: 'user', startedAt: START + startedMs, port: 49_152 + user.id, bets, ...user };
    fleet.users.push({ ...line, outcome: outcome === 'hanging' ? 'timeout' : outcome } as UserLine);
    end = Math.max(end, START + startedMs + (user.endedMs ?? user.openMs ?? 0));
  }
  end += 4 * EVERY_MS;
  fleet.phases.push(
    { event: 'phase', at: START, phase: 'load' },
    { event: 'phase', at: end, phase: 'settled' },
  );
  const at = START - 500;
  const base = { event: 'listening', pid: 1, host: '127.0.0.1', port: 8080, node: 'v24' } as const;
  gateway.listening = { ...base, at, backlog, nofile, descriptorsAtRest: atRest };
  const before = zeros();
  observer.before = {
    event: 'snapshot',
    at,
    when: 'before',
    counters: before,
    sysctls: { 'kern.ipc.somaxconn': String(somaxconn), 'kern.ipc.soqlimitcompat': '1' },
    process: { pid: 1, nofileSoft: nofile, nofileHard: nofile, descriptors: atRest, user: 501 },
    cost: { cpuMicros: 0, wallMs: 1, samples: 0 },
  };
  const qlen = Math.min(peak.held, backlog, somaxconn);
  for (let now = START; now <= end; now += EVERY_MS) {
    const open = fleet.users.filter(
      ({ startedAt, openMs = Number.POSITIVE_INFINITY }) => startedAt + openMs <= now,
    ).length;
    observer.series.push({
      event: 'observed',
      at: now,
      state: 'R',
      descriptors: Math.min(nofile, atRest.length + open),
      listenQueue: {
        qlen,
        incqlen: Math.max(0, qlen - peak.complete),
        maxqlen: Math.min(backlog, somaxconn),
      },
      deltas:
        now === START
          ? {}
          : Object.fromEntries(Object.keys(before).map((name) => [name, counters[name] ?? 0])),
    });
    gateway.samples.push({
      event: 'sample',
      at: now,
      open,
      accepted: open,
      upgraded: open,
      closed: { byGateway: 0, byPeer: 0, byError: 0 },
      loop: { p50: 1, p99: 2, max: 2, busy: 0.3 },
      bets: { received: 0, recorded: 0, duplicates: 0, rejected: 0 },
      memory: { rss: 1e8, heapUsed: 5e7, external: 1e6 },
    });
  }
  return evidence;
}

function zeros(): Counters {
  return Object.fromEntries(Object.values(DARWIN).map((name) => [name, 0]));
}
