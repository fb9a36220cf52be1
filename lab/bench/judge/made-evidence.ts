import { defined } from '../../../common/defined.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import { draw } from '../../../robots/rng.ts';
import { type Evidence, noEvidence } from '../../evidence/evidence.ts';
import { settingsSchema } from '../../settings/schema.ts';

const LOAD_MS = 12_000;
const SAMPLE_MS = 50;
const GATEWAY_SAMPLE_MS = 200;
const NOFILE = 20_000;
const AT_REST = 23;
const FIRST_PORT = 1024;
const PORTS = 64_000;
/** For two users that fail there is one that does not: their times are looked through as well. */
const FAILED_OF_THREE = 2;

/** The connections of the stranger's server, seen in each sample. */
const CROWD = { connections: 1000, stayed: 990, held: 1000, heldStayed: 990, closedFirst: 0, waiting: 0 };

/** Ways to fail, a user each in turn: they take all paths through the causes. */
const KINDS: readonly (Pick<UserLine, 'outcome' | 'stage'> & Partial<UserLine>)[] = [
  { outcome: 'reset', stage: 'upgrade', errno: 'ECONNRESET', connectedMs: 20 },
  { outcome: 'reset', stage: 'upgrade', errno: 'EPIPE', connectedMs: 20 },
  { outcome: 'reset', stage: 'open', errno: 'ECONNRESET', connectedMs: 20, openMs: 40 },
  { outcome: 'timeout', stage: 'connect' },
  { outcome: 'timeout', stage: 'upgrade', connectedMs: 1020 },
  { outcome: 'timeout', stage: 'upgrade', connectedMs: 20 },
  { outcome: 'eof', stage: 'upgrade', connectedMs: 20 },
  { outcome: 'eof', stage: 'open', connectedMs: 20, openMs: 40 },
  { outcome: 'closed', stage: 'open', code: 1002, connectedMs: 20, openMs: 40 },
  { outcome: 'refused', stage: 'connect', errno: 'ECONNREFUSED' },
  { outcome: 'protocol', stage: 'upgrade', detail: 'HTTP/1.1 503', connectedMs: 20 },
  { outcome: 'no-port', stage: 'connect', errno: 'EADDRNOTAVAIL' },
];

/** What the judge is given: how many users failed, whether the accept queue overflowed, and whose server it was. */
export interface Case {
  failed: number;
  overflows: number;
  server: 'ours' | 'stranger';
}

/** Evidence of a load in which so many users failed in every way there is. Made, not measured: it is the judge that is timed. */
export function mixedEvidence({ failed, overflows, server }: Case): Evidence {
  const users = Math.ceil((failed * 3) / FAILED_OF_THREE);
  const until = Date.now();
  const from = until - LOAD_MS;
  const descriptors = [...Array(AT_REST).keys()];
  const evidence = noEvidence({
    host: { os: 'linux', kernel: '6', node: process.version },
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked: settingsSchema.parse({ users, nofile: NOFILE }),
  });
  const { fleet, gateway, observer } = evidence;
  for (let id = 0; id < users; id += 1) {
    const startedAt = from + draw(1, id, 0) * 1000;
    const common = { event: 'user' as const, id, startedAt, port: FIRST_PORT + (id % PORTS) };
    const bets = { placed: id % 2, acked: 0, rejected: 0 };
    const ended = Math.floor(id / 3) * FAILED_OF_THREE + (id % 3);
    const kind = id % 3 < FAILED_OF_THREE ? KINDS[ended % KINDS.length] : undefined;
    const drawn = draw(1, id, 1);
    fleet.users.push(
      kind === undefined
        ? {
            ...common,
            outcome: 'open',
            stage: 'open',
            connectedMs: 20,
            openMs: 40 + drawn * 1000,
            bets,
          }
        : { ...common, ...kind, endedMs: 1050 + drawn * (LOAD_MS - 2100), bets },
    );
  }
  fleet.phases.push(
    { event: 'phase', at: from, phase: 'load' },
    { event: 'phase', at: until, phase: 'done' },
  );

  if (server === 'ours')
    gateway.listening = {
      event: 'listening',
      at: from,
      pid: 1,
      host: '127.0.0.1',
      port: 8080,
      backlog: 511,
      nofile: NOFILE,
      descriptorsAtRest: descriptors,
      node: process.version,
    };
  for (let at = from; server === 'ours' && at < until; at += GATEWAY_SAMPLE_MS)
    gateway.samples.push({
      event: 'sample',
      at,
      open: 0,
      accepted: 0,
      upgraded: 0,
      closed: { byGateway: 0, byPeer: 0, byError: 0 },
      loop: { p50: 1, p99: 5, max: 150, busy: 0.95 },
      bets: { received: 0, recorded: 0, duplicates: 0, rejected: 0 },
      memory: { rss: 1e8, heapUsed: 5e7, external: 1e6 },
    });
  const watched = { pid: 1, user: 0, nofileSoft: NOFILE, nofileHard: NOFILE, descriptors };
  observer.before = {
    event: 'snapshot',
    at: from,
    when: 'before',
    counters: {
      'TcpExt ListenOverflows': 0,
      'TcpExt ListenDrops': 0,
      'Tcp OutRsts': 0,
      'Tcp PassiveOpens': 0,
    },
    sysctls: { somaxconn: '4096', tcp_abort_on_overflow: '0' },
    process: watched,
    cost: { cpuMicros: 0, wallMs: 1, samples: 0 },
  };
  if (server === 'stranger')
    observer.before.server = {
      port: 80,
      addresses: ['*'],
      backlog: 511,
      holders: [{ ...watched, name: 'x' }],
      unseen: [],
    };
  for (let at = from; at <= until; at += SAMPLE_MS) {
    const share = (at - from) / LOAD_MS;
    const cpuMs = (at - from) * 0.95;
    const busy = { state: 'R', descriptors: AT_REST + 1000, cpuMs, wantedMs: cpuMs };
    observer.series.push({
      event: 'observed',
      at,
      ...busy,
      acceptQueue: Math.round(500 * draw(2, at - from, 0)),
      deltas: {
        'TcpExt ListenOverflows': Math.round(overflows * share),
        'TcpExt ListenDrops': Math.round(overflows * share),
        'Tcp OutRsts': Math.round(failed * share),
        'Tcp PassiveOpens': Math.round(users * share),
      },
      ...defined({ server: server === 'stranger' ? { ...CROWD, holders: { 1: busy } } : undefined }),
    });
  }
  return evidence;
}
