import assert from 'node:assert/strict';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { connectionFacts } from '../../../lab/facts/connections.ts';
import { upstreamFacts, type Want } from '../../../lab/facts/upstream.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { ConnectError, UpstreamSample } from '../../../protocol/upstream-events.ts';
import { resetLine } from './made-connections.ts';

const HERE = '127.0.0.1:9000';

interface Given {
  /** When connections of its users were reset, each `age` ms old. */
  ends?: readonly number[];
  age?: number;
  /** When it did not get a connection of its own. */
  failed?: readonly number[];
  error?: ConnectError;
  /** Looks, one each 400 ms from 0 on. */
  looks?: readonly UpstreamSample[];
  users?: readonly Partial<UserLine>[];
  traced?: boolean;
}

const NOTHING: UpstreamSample = { ends: [], queues: [] };

function evidenceOf({
  ends = [],
  age = 50,
  failed = [],
  error = 'ECONNREFUSED',
  looks = [],
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
  evidence.failedConnects = failed.map((at) => ({ at, error, ...(error === 'EAGAIN' ? {} : { to: HERE }) }));
  return evidence;
}

/** How many of the ends lacked what. */
function endsOf(given: Given): Record<Want, number> {
  const evidence = evidenceOf(given);
  const facts = upstreamFacts(evidence, Infinity, connectionFacts(evidence, Infinity), []);
  const { port = [], accepting = [], room = [] } = facts?.ends ?? {};
  return { port: port.length, accepting: accepting.length, room: room.length };
}

function wantOfUser(user: Partial<UserLine>, given: Given): Want | undefined {
  const bets = { placed: 0, acked: 0, rejected: 0 };
  const whole: UserLine = {
    ...{ event: 'user', id: 1, outcome: 'reset', stage: 'upgrade', startedAt: 900, endedMs: 110, bets },
    ...user,
  };
  return upstreamFacts(evidenceOf(given), Infinity, undefined, [whole])?.wantOf(whole);
}

const times = (number: number, from: number, step: number) =>
  Array.from({ length: number }, (_, index) => from + step * index);
const NONE = { port: 0, accepting: 0, room: 0 };
const queue = (waiting: number, kind: 'tcp' | 'unix' = 'unix', unanswered = 0): UpstreamSample => ({
  ends: [{ remote: HERE, sockets: 3, unanswered }],
  queues: [{ name: kind === 'tcp' ? HERE : '/run/app.sock', kind, waiting, backlog: 5 }],
});
const ports = (free: number): UpstreamSample => ({
  ends: [{ remote: HERE, sockets: 200 - free, unanswered: 0, width: 200, free }],
  queues: [],
});

describe('facts: a server as the client of others', () => {
  it('who is cut just after a connection that it did not get, one each', () => {
    const failed = times(20, 1000, 50);
    const ends = failed.map((at) => at + 3);
    assert.deepEqual(endsOf({ failed, ends }), { ...NONE, accepting: 20 });
    assert.deepEqual(endsOf({ failed, ends, error: 'EADDRNOTAVAIL' }), { ...NONE, port: 20 });
    assert.deepEqual(endsOf({ failed, ends, error: 'EAGAIN' }), { ...NONE, room: 20 });
    assert.deepEqual(endsOf({ failed: failed.slice(0, 18), ends }), {
      ...NONE,
      accepting: 18,
    });
  });

  it('nobody who came after it, or was cut before', () => {
    const failed = times(20, 1000, 500);
    assert.deepEqual(endsOf({ failed, ends: failed.map((at) => at - 60), age: 30 }), NONE);
    assert.deepEqual(endsOf({ failed, ends: failed.map((at) => at + 200), age: 50 }), NONE);
  });

  it('nobody, where it looks after a dead upstream and most of those who fail do so for another reason', () => {
    const failed = times(10, 1000, 300);
    assert.deepEqual(endsOf({ failed, ends: times(100, 1001, 27), age: 50 }), NONE);
  });

  it('nobody, where it looks after a dead upstream often, and a clock of its own ends who has long been there', () => {
    assert.deepEqual(endsOf({ failed: times(100, 1000, 40), ends: times(8, 1003, 500), age: 5000 }), NONE);
  });

  it('who fails after a few tries', () => {
    const failed = times(40, 1000, 10);
    assert.deepEqual(endsOf({ failed, ends: times(10, 1033, 40) }), { ...NONE, accepting: 10 });
  });

  it('a refused connection that is made good by another one fails nobody', () => {
    assert.deepEqual(endsOf({ failed: times(50, 1000, 20), ends: [] }), NONE);
  });

  it('what was left without an answer counts where a queue there was full', () => {
    const failed = times(10, 1000, 50);
    const given: Given = { failed, ends: failed.map((at) => at + 3), error: 'ECANCELED', age: 900 };
    assert.deepEqual(endsOf(given), NONE);
    assert.deepEqual(endsOf({ ...given, looks: times(9, 0, 1).map(() => queue(5, 'tcp', 4)) }), NONE);
    assert.deepEqual(endsOf({ ...given, looks: times(9, 0, 1).map(() => queue(6, 'tcp', 4)) }), {
      ...NONE,
      room: 10,
    });
  });

  it('untraced, who is cut while a queue is full, or no port is left', () => {
    const ends = times(20, 1000, 20);
    const seen = (look: UpstreamSample) =>
      endsOf({ ends, traced: false, looks: times(9, 0, 1).map(() => look) });
    assert.deepEqual(seen(queue(6)), { ...NONE, room: 20 });
    assert.deepEqual(seen(queue(5)), NONE);
    assert.deepEqual(seen(ports(0)), { ...NONE, port: 20 });
    assert.deepEqual(seen(ports(60)), NONE);
  });

  it('traced, a queue that is full for others, or ports that are just enough, are no proof', () => {
    const ends = times(20, 1000, 20);
    for (const look of [queue(6), ports(0)])
      assert.deepEqual(endsOf({ ends, looks: times(9, 0, 1).map(() => look) }), NONE);
  });

  it('a user of ours: cut, or told so by a gateway; another answer, and no connection at all, are none of it', () => {
    const given: Given = { failed: [1000] };
    assert.equal(wantOfUser({}, given), 'accepting');
    assert.equal(wantOfUser({ outcome: 'protocol', status: 502 }, given), 'accepting');
    assert.equal(wantOfUser({ outcome: 'protocol', status: 500 }, given), undefined);
    assert.equal(wantOfUser({ outcome: 'refused', stage: 'connect' }, given), undefined);
    assert.equal(wantOfUser({ startedAt: 1050, endedMs: 10 }, given), undefined);
  });

  it('one that gives up itself, while the queue there is full and the server has no answer', () => {
    const user = { outcome: 'timeout' as const, endedMs: 1500 };
    const looks = (unanswered: number) => times(9, 0, 1).map(() => queue(6, 'tcp', unanswered));
    assert.equal(wantOfUser(user, { looks: looks(2) }), 'room');
    assert.equal(wantOfUser(user, { looks: looks(0) }), undefined);
  });
});
