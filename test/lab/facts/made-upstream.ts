import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { ConnectError, MadeConnects, UpstreamSample } from '../../../protocol/upstream-events.ts';
import { closedLine, leftLine, resetLine } from './made-connections.ts';

export const HERE = '127.0.0.1:9000';

/** A server that is a client as well. Moments and times are ms. */
export interface Given {
  /** When connections of its users were reset, each `age` ms old. */
  ends?: readonly number[];
  age?: number;
  /** When it did not get a connection of its own. */
  failed?: readonly number[];
  error?: ConnectError;
  /** Looks, one each 400 ms from 0 on. */
  looks?: readonly UpstreamSample[];
  users?: readonly Partial<UserLine>[];
  /** Connections that it answered in order and closed: when, with how many bytes; with none, and the client left. */
  answered?: readonly (readonly [at: number, bytes: number])[];
  /** Connections that it got of others. */
  made?: MadeConnects;
  traced?: boolean;
}

const NOTHING: UpstreamSample = { ends: [], queues: [] };

/** What was measured of it. */
export function evidenceOf({
  ends = [],
  age = 50,
  failed = [],
  error = 'ECONNREFUSED',
  looks = [],
  answered = [],
  made = { to: {}, atOnce: 0 },
  traced = true,
}: Given): Evidence {
  const host = { os: 'linux', kernel: '', node: '' };
  const asked = { ...settingsSchema.parse({ users: 1 }), users: 0 };
  const evidence = noEvidence({ host, runtime: 'native', driver: 'none', exclusive: false, asked });
  const server = { port: 80, addresses: ['*'], holders: [], unseen: [] };
  const cost = { cpuMicros: 0, wallMs: 0, samples: 0 };
  evidence.observer.before = {
    event: 'snapshot',
    at: 0,
    when: 'before',
    counters: {},
    sysctls: {},
    server,
    cost,
  };
  evidence.observer.series = (looks.length > 0 ? looks : [NOTHING]).map((upstream, index) => ({
    event: 'observed',
    at: 400 * index,
    state: '?',
    deltas: {},
    server: { holders: {}, upstream },
  }));
  for (const by of traced ? (['ss -E', 'tracefs'] as const) : (['ss -E'] as const))
    evidence.ledger.witnesses[by] = { event: 'witness', at: 0, by, lost: 0 };
  for (const at of ends) evidence.ledger.connections.push(resetLine(at, age));
  for (const [at, bytes] of answered)
    evidence.ledger.connections.push(bytes > 0 ? closedLine(at, bytes, 80, age) : leftLine(at, age));
  evidence.madeConnects = made;
  evidence.failedConnects = failed.map((at) => ({ at, error, ...(error === 'EAGAIN' ? {} : { to: HERE }) }));
  return evidence;
}

/** So many moments, one each `step`. */
export const times = (number: number, from: number, step: number) =>
  Array.from({ length: number }, (_, index) => from + step * index);
export const NONE = { port: 0, accepting: 0, room: 0 };
/** A look at an upstream's queue of five. */
export const queue = (waiting: number, kind: 'tcp' | 'unix' = 'unix', unanswered = 0): UpstreamSample => ({
  ends: [{ remote: HERE, sockets: 3, unanswered }],
  queues: [{ name: kind === 'tcp' ? HERE : '/run/app.sock', kind, waiting, backlog: 5 }],
});
/** A look at 200 local ports. */
export const ports = (free: number): UpstreamSample => ({
  ends: [{ remote: HERE, sockets: 200 - free, unanswered: 0, width: 200, free }],
  queues: [],
});
