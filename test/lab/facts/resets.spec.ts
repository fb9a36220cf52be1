import assert from 'node:assert/strict';
import { traceItem } from '../../../lab/causes/shared/trace-item.ts';
import { type Evidence, noEvidence } from '../../../lab/evidence/evidence.ts';
import { resetFacts } from '../../../lab/facts/resets.ts';
import { settingsSchema } from '../../../lab/settings/schema.ts';
import type { UserLine } from '../../../protocol/fleet-events.ts';
import { noTrace, type TracedReset } from '../../../protocol/trace-events.ts';

const END = 10_000;
const sent = (port: number, at: number, more: Partial<TracedReset> = {}): TracedReset => ({
  at,
  from: 'gateway',
  port,
  reason: 'TCP_ABORT_ON_CLOSE',
  ...more,
});

/** Users reset at 1100 who began at 1000, by their ports. */
function evidenceOf(ports: number[], resets: TracedReset[], lost = 0): Evidence {
  const evidence = noEvidence({
    host: { os: 'linux', kernel: '0', node: 'v0' },
    runtime: 'netns',
    driver: 'robots',
    exclusive: true,
    asked: settingsSchema.parse({}),
  });
  const bets = { placed: 0, acked: 0, rejected: 0 };
  evidence.fleet.users = ports.map(
    (port, id): UserLine => ({
      event: 'user',
      id,
      outcome: 'reset',
      stage: 'upgrade',
      port,
      startedAt: 1000,
      endedMs: 100,
      bets,
    }),
  );
  evidence.trace = { available: true, resets, lost, unknown: 0, cpuMs: 0 };
  return evidence;
}

const facts = (...args: Parameters<typeof evidenceOf>) => resetFacts(evidenceOf(...args), END);
const says = (...args: Parameters<typeof evidenceOf>) => {
  const resets = facts(...args);
  assert.ok(resets);
  return traceItem({ resets }, ['TCP_ABORT_ON_CLOSE', 'TCP_TIMEWAIT_SOCKET']).map((one) => one.says);
};

describe('facts: what the kernel says of the resets', () => {
  it('without a trace there are none, and no item', () => {
    const evidence = evidenceOf([1], []);
    delete evidence.trace;
    assert.equal(resetFacts(evidence, END), undefined);
    evidence.trace = noTrace('only root may read tracefs');
    assert.equal(resetFacts(evidence, END), undefined);
    assert.deepEqual(traceItem({}, ['TCP_ABORT_ON_CLOSE']), []);
  });

  it('a user is matched by port and time', () => {
    const resets = [sent(1, 1099), sent(2, 500), sent(3, 1099, { from: 'robots' }), sent(9, 1099)];
    const found = facts([1, 2, 3], resets);
    assert.deepEqual(found?.users, { TCP_ABORT_ON_CLOSE: 1 });
  });

  it("after the load's end none counts", () => {
    assert.deepEqual(facts([], [sent(1, END + 1000)])?.byReason, {});
  });

  it('a listener is believed by the packet that it dropped, a socket by its own reason', () => {
    const drop = 'TCP_LISTEN_OVERFLOW';
    const resets = [
      sent(1, 1099, { state: 'TCP_LISTEN', reason: 'INVALID_SYN', drop }),
      sent(2, 1099, { state: 'TCP_FIN_WAIT2', reason: 'TCP_ABORT_ON_DATA', drop: 'OTHER' }),
      { at: 1099, from: 'gateway', port: 3 } as const,
    ];
    assert.deepEqual(facts([], resets)?.byReason, {
      [drop]: 1,
      TCP_ABORT_ON_DATA: 1,
      'no reason told': 1,
    });
  });

  it('the item counts RSTs and users, and tells of lost events', () => {
    const resets = [sent(1, 1099), sent(2, 1099, { reason: 'TCP_TIMEWAIT_SOCKET' }), sent(7, 1099)];
    assert.deepEqual(says([1, 2], resets), [
      "the kernel's reason for 3 RST sent to robots: 2 TCP_ABORT_ON_CLOSE, 1 TCP_TIMEWAIT_SOCKET; their ports match 2 failed users",
    ]);
    assert.match(says([1], [sent(1, 1099)], 5)[0] ?? '', /; 5 events lost, so there may be more$/);
    assert.deepEqual(says([1], [sent(1, 1099, { reason: 'NO_SOCKET' })]), []);
  });
});
