import type { DiagnosisDocument } from '../../../lab/diagnose/diagnosis-document.ts';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { fileLedgerLine } from '../../../lab/evidence/ledger/ledger.ts';
import { DEFAULTS } from '../../../lab/settings/schema.ts';
import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import type { ObservedLine } from '../../../protocol/observer-events.ts';

const HOST = { os: 'linux', kernel: '6.18.0', node: 'v24.3.0' };
/** When the watch began, ms since the epoch. */
export const BEGAN = 1_760_000_000_000;

/** A connection that came `second` after the beginning, and ended as `more` says. */
export function connection(second: number, more: Partial<ConnectionLine> = {}): ConnectionLine {
  return {
    event: 'connection',
    at: BEGAN + second * 1000 + 5,
    local: '127.0.0.1:8080',
    remote: '127.0.0.1:40000',
    ...more,
  };
}

/** Lines of every kind of end and of every kind of wait, `count` of them, over ten seconds. */
export function* manyConnections(count: number): Generator<ConnectionLine> {
  const [ss, trace] = [{ by: 'ss -E' }, { by: 'tracefs' }] as const;
  for (let index = 0; index < count; index += 1) {
    const second = (index / count) * 10;
    const closed = { is: BEGAN + second * 1000, ...ss };
    const wait =
      index % 2 ? { is: (index % 40) / 4, ...trace } : { is: 400, within: 400, by: 'port table' as const };
    const shared = { closed, wait, accepted: { is: true, by: 'port table' as const } };
    const age = { is: 20 + (index % 900), ...ss };
    const kind = index % 10;
    if (kind < 4)
      yield connection(second, {
        ...shared,
        age: { is: 1500 + (index % 7), ...ss },
        silentIn: { is: 1500 + (index % 5), ...ss },
        closedBy: { is: 'server', ...ss },
        how: { is: 'FIN', ...ss },
      });
    else if (kind < 7)
      yield connection(second, {
        ...shared,
        age,
        closedBy: { is: 'client', ...ss },
        how: { is: 'FIN', ...ss },
      });
    else if (kind < 8)
      yield connection(second, { ...shared, age: { ...age, within: age.is }, how: { is: 'FIN', ...ss } });
    else if (kind < 9)
      yield connection(second, {
        ...shared,
        age: { is: 2, ...ss },
        how: { is: 'RST', ...ss },
        reset: { is: 'server', ...ss },
      });
    else yield connection(second, { closed, accepted: { is: false, by: 'port table' } });
  }
}

/** The evidence of a watch of ten seconds of a server with 64 descriptors. */
export function watched(lines: Iterable<ConnectionLine>): Evidence {
  const evidence = noEvidence({
    host: HOST,
    runtime: 'native',
    driver: 'none',
    exclusive: false,
    asked: { ...DEFAULTS, users: 0 },
  });
  const counters = { 'Tcp OutRsts': 7, 'Tcp PassiveOpens': 3, 'TcpExt ListenOverflows': 0 };
  evidence.observer.before = {
    event: 'snapshot',
    at: BEGAN,
    when: 'before',
    counters,
    sysctls: {},
    cost: { cpuMicros: 0, wallMs: 0, samples: 0 },
  };
  evidence.observer.series = Array.from(
    { length: 100 },
    (_, index): ObservedLine => ({
      event: 'observed',
      at: BEGAN + index * 100,
      acceptQueue: index % 9,
      state: 'S',
      deltas: { 'Tcp OutRsts': index },
      server: {
        holders: { 42: { state: 'S', descriptors: Math.min(64, 8 + index) } },
        connections: Math.min(60, index),
        held: Math.min(56, index),
        waiting: index % 9,
        drops: index > 50 ? index - 50 : 0,
      },
    }),
  );
  for (const line of lines) fileLedgerLine(evidence.ledger, line);
  fileLedgerLine(evidence.ledger, { event: 'witness', at: BEGAN, by: 'ss -E', lost: 0 });
  fileLedgerLine(evidence.ledger, {
    event: 'witness',
    at: BEGAN,
    by: 'tracefs',
    missing: 'not root',
    lost: 0,
  });
  return evidence;
}

/** The document of that watch. */
export function diagnosis(): DiagnosisDocument {
  return {
    schema: 1,
    name: 'diagnose',
    complete: true,
    target: {
      how: 'port',
      port: 8080,
      addresses: ['0.0.0.0'],
      pid: 42,
      name: 'shop',
      pids: [42, 43],
      container: null,
      elsewhere: false,
    },
    host: HOST,
    watched: { seconds: 10, samples: 100 },
    settings: { nofile: 64, backlog: 511, somaxconn: 4096 },
    users: null,
    threshold: null,
    counted: { accepted: 900, held: 56, resets: 90, drops: 49, turnedAway: null },
    seen: [],
    scope: 'port 8080: nobody else listens in its network namespace',
    verdicts: [
      {
        cause: 'fd-exhaustion',
        verdict: 'confirmed',
        explains: 90,
        for: [
          {
            source: '/proc/42/fd',
            name: 'descriptors',
            before: 8,
            after: 64,
            limit: 64,
            says: 'all 64 descriptors in use',
            byHand: 'ls /proc/42/fd | wc -l',
          },
        ],
        against: [],
      },
      { cause: 'idle-timeout', verdict: 'insufficient-data', explains: 0, for: [], against: [] },
      {
        cause: 'syn-queue',
        verdict: 'refuted',
        explains: 0,
        for: [],
        against: [
          { source: '/proc/42/net/netstat', name: 'drops', before: 0, after: 0, says: 'nothing dropped' },
        ],
      },
    ],
    unseen: ['the processes of others'],
  };
}
