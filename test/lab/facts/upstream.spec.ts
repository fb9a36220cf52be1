import assert from 'node:assert/strict';
import { connectionFacts } from '../../../lab/facts/connections.ts';
import { upstreamFacts, type Want } from '../../../lab/facts/upstream.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import type { UpstreamSample } from '../../../protocol/upstream-events.ts';
import { evidenceOf, type Given, NONE, ports, queue, times } from './made-upstream.ts';

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
