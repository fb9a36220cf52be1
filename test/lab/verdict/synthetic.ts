import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { noEvidence } from '../../../lab/evidence/evidence.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { Outcome, Stage, UserLine } from '../../../protocol/fleet-events.ts';
import type { CloseReason } from '../../../protocol/gateway-events.ts';

/** A situation as a line of the truth table tells it. */
export interface Situation {
  descriptors: 'room' | 'full' | '?';
  overflows: number;
  abort: number;
  drops: number;
  gateway: string;
  loopMs: number;
  betting: 'herd' | 'paced';
  failed: {
    users: number;
    outcome: Outcome;
    stage: Stage;
    afterBet: boolean;
    late: boolean;
    blind?: boolean;
  }[];
}

const START = 1_700_000_000_000;
const SETTLED = START + 2000;
const BET = START + 3000;
const CRASH = START + 2600;
const END = START + 5000;
const NOFILE = 4096;
const AT_REST = 24;
const FIRST_PORT = 33_000;
const NO_PORT = 0;

/** Evidence that fits a situation, with noise from a seed: other numbers, other moments, the same truth. */
export function synthesise(situation: Situation, seed: number): Evidence {
  const random = mulberry(seed);
  const failedUsers = situation.failed.reduce((sum, group) => sum + group.users, 0);
  const open = 1000 + Math.floor(random() * 3000);
  const asked = settingsSchema.parse({
    users: open + failedUsers,
    betting: situation.betting,
    nofile: NOFILE,
  });
  const evidence = noEvidence({
    host: { os: 'linux', kernel: '0', node: 'v0' },
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked,
  });
  addUsers(evidence, situation, open, random);
  addGateway(evidence, situation, random);
  addObserver(evidence, situation, random);
  return evidence;
}

function addUsers(evidence: Evidence, { failed }: Situation, open: number, random: () => number): void {
  const { fleet } = evidence;
  const add = (user: Partial<UserLine> & Pick<UserLine, 'outcome' | 'stage'>) => {
    const id = fleet.users.length;
    const startedAt = START + Math.floor(random() * 50);
    const line: UserLine = { event: 'user', id, startedAt, port: FIRST_PORT + id, bets: NO_BETS, ...user };
    if (user.port === NO_PORT) delete line.port;
    fleet.users.push(line);
  };
  for (let user = 0; user < open; user += 1) {
    add({
      outcome: 'open',
      stage: 'open',
      connectedMs: random() * 300,
      openMs: 300 + random() * 700,
      bets: ONE_BET,
    });
  }
  for (const { users, outcome, stage, afterBet, late, blind } of failed) {
    for (let user = 0; user < users; user += 1) {
      const at = failureTime(outcome, stage, afterBet) + random() * 300;
      add({
        outcome,
        stage,
        endedMs: at - START,
        bets: afterBet ? ONE_BET : NO_BETS,
        ...(blind ? { port: NO_PORT } : {}),
        ...(blind && outcome === 'timeout' ? { stageUnknown: true as const } : {}),
        ...(late ? { connectedMs: 3000 + random() * 20 } : {}),
      });
    }
  }
  for (const [phase, at] of [
    ['load', START],
    ['settled', SETTLED],
    ['betting', BET],
    ['done', END],
  ] as const) {
    fleet.phases.push({ event: 'phase', at, phase });
  }
  const failedUsers = fleet.users.length - open;
  fleet.done = {
    event: 'done',
    at: END,
    asked: fleet.users.length,
    open,
    failed: failedUsers,
    bets: { placed: open, acked: open, rejected: 0 },
    settledMs: SETTLED - START,
    bottlenecks: [],
    self: {
      processes: 1,
      nofile: 20_000,
      room: 19_900,
      descriptors: open,
      ports: { first: 32_768, last: 60_999, addresses: 1 },
      loop: { p50: 1, p99: 5, max: 20 },
      rss: 1e8,
      cpuMicros: 1e6,
    },
  };
}

/** What a dead gateway refuses is refused after its death; what never opened failed early. */
function failureTime(outcome: Outcome, stage: Stage, afterBet: boolean): number {
  if (outcome === 'refused') return CRASH;
  if (stage !== 'open') return START + 1000;
  return (afterBet ? BET : SETTLED) + 600;
}

const NO_BETS = { placed: 0, acked: 0, rejected: 0 };
const ONE_BET = { placed: 1, acked: 1, rejected: 0 };

function addGateway(evidence: Evidence, situation: Situation, random: () => number): void {
  const { gateway, fleet } = evidence;
  gateway.listening = {
    event: 'listening',
    at: START - 500,
    pid: 77,
    host: '127.0.0.1',
    port: 8080,
    backlog: 511,
    nofile: NOFILE,
    descriptorsAtRest: [...Array(AT_REST).keys()],
    node: 'v24',
  };
  if (situation.gateway === '?') return;
  for (let at = START; at < END; at += 200) {
    const max = at >= BET && at < BET + 200 ? situation.loopMs : random() * 15;
    gateway.samples.push({
      event: 'sample',
      at,
      open: 0,
      accepted: 0,
      upgraded: 0,
      closed: { byGateway: 0, byPeer: 0, byError: 0 },
      loop: { p50: 1, p99: max, max, busy: 0.1 + random() * 0.4 },
      bets: { received: 0, recorded: 0, duplicates: 0, rejected: 0 },
      memory: { rss: 1e8, heapUsed: 5e7, external: 1e6 },
    });
  }
  if (situation.gateway === 'crashed') gateway.exit = { at: CRASH, code: 1, signal: null, output: 'boom' };
  if (['alive', 'crashed', 'stopped'].includes(situation.gateway)) return;
  for (const user of fleet.users.filter(({ outcome }) => outcome !== 'open')) {
    gateway.closes.push({
      event: 'close',
      at: BET,
      reason: situation.gateway as CloseReason,
      peerPort: user.port ?? FIRST_PORT + user.id,
      ageMs: 1000,
    });
  }
}

function addObserver({ observer, fleet }: Evidence, situation: Situation, random: () => number): void {
  const counters = {
    'lo rx_errors': 0,
    'lo rx_dropped': 3,
    'lo tx_errors': 0,
    'lo tx_dropped': 0,
    'lo rx_packets': 10,
    'lo tx_packets': 10,
    'TcpExt ListenOverflows': 5,
    'TcpExt ListenDrops': 5,
    'TcpExt TCPAbortOnClose': 1,
    'TcpExt TCPSynRetrans': 0,
    'Tcp InCsumErrors': 0,
    'Tcp OutRsts': 2,
  };
  const known = situation.descriptors !== '?';
  observer.before = {
    event: 'snapshot',
    at: START - 200,
    when: 'before',
    counters,
    sysctls: { somaxconn: '4096', tcp_abort_on_overflow: String(situation.abort) },
    ...(known
      ? {
          process: {
            pid: 77,
            nofileSoft: NOFILE,
            nofileHard: NOFILE,
            descriptors: [...Array(AT_REST).keys()],
            user: 0,
          },
        }
      : {}),
    cost: { cpuMicros: 0, wallMs: 1, samples: 0 },
  };
  const top =
    situation.descriptors === 'full'
      ? NOFILE
      : Math.min(NOFILE - 1, AT_REST + 2000 + Math.floor(random() * 1000));
  for (let at = START; at <= END; at += 50) {
    const share = Math.min(1, (at - START) / 900);
    const stopped = situation.gateway === 'stopped' && at < START + 3000;
    observer.series.push({
      event: 'observed',
      at,
      state: stopped ? 'T' : 'R',
      acceptQueue: Math.floor(random() * 40),
      ...(at === START ? { clientsGone: NONE_GONE } : {}),
      cpuMs: Math.round((at - START) * 0.4),
      ...(known ? { descriptors: AT_REST + Math.floor((top - AT_REST) * share) } : {}),
      deltas:
        share < 1
          ? {}
          : {
              'TcpExt ListenOverflows': situation.overflows,
              'TcpExt ListenDrops': situation.overflows,
              'lo rx_dropped': situation.drops,
              'lo rx_packets': 40_000,
              'Tcp OutRsts': fleet.users.length,
            },
    });
  }
}

/** Nobody has left a connection behind. */
const NONE_GONE = { now: 0, kept: 0, unread: 0, closed: 0 };

/** A small seeded generator (mulberry32). */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
