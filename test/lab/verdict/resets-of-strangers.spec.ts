import assert from 'node:assert/strict';
import { reasonItems } from '../../../lab/causes/shared/reset-reasons.ts';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { judgeOutside } from '../../../lab/verdict/judge-server.ts';
import { CAUSES } from '../../../lab/verdict/registry.ts';
import type { ConnectionLine } from '../../../protocol/connection-events.ts';
import { closedLine, resetLine } from '../facts/made-connections.ts';
import { evidenceOf, parse } from './situation.ts';

const COUNT = 60;

/** A watch of a stranger's server that ended so many connections so, by the moments of the synthetic load. */
function watched(
  make: (at: number) => ConnectionLine,
  { situation = 'room', extras = '' }: { situation?: string; extras?: string } = {},
): Evidence {
  const evidence = evidenceOf(
    parse(
      `${situation} 0 0 0 ? 20 paced none | stranger=511 counter:TcpExt_TCPAbortOnClose=${COUNT} ${extras}`,
    ),
    1,
  );
  const { series } = evidence.observer;
  const [first, last] = [series[0]?.at ?? 0, series.at(-1)?.at ?? 0];
  for (let index = 0; index < COUNT; index += 1)
    evidence.ledger.connections.push(
      make(first + 2000 + Math.floor(((last - first - 2000) * index) / COUNT)),
    );
  return evidence;
}

/** As nobody asked the users. */
function judged(evidence: Evidence) {
  const facts = { ...drawFacts(evidence), asked: 0, failed: [] };
  const verdicts = judgeOutside(facts, CAUSES);
  return (id: string) => {
    const found = verdicts.find(({ cause }) => cause === id);
    return found ? `${found.verdict} ${found.explains}` : 'absent';
  };
}

const told = <T>(is: T) => ({ is, by: 'ss -E' as const });

/** Reset by the server, which had received and sent so much. */
const reset =
  (received: number, unread: number, sent: number, more: Partial<ConnectionLine> = {}) =>
  (at: number): ConnectionLine => ({
    ...resetLine(at, 50, { unread }),
    received: told(received),
    sent: told(sent),
    ...more,
  });

/** Nobody saw who was the first. */
const unordered = (remote: string) => (at: number) => {
  const { closedBy: _, how: __, reset: ___, ...line } = reset(90_000, 80_000, 119)(at);
  return { ...line, remote };
};

describe('verdict: what the server reset, by the lines of its connections', () => {
  it('answered, and closed before the upload was read: close-unread', () => {
    assert.equal(judged(watched(reset(90_000, 80_000, 119)))('close-unread'), `confirmed ${COUNT}`);
    assert.equal(judged(watched(reset(90_000, 80_000, 119)))('unknown'), 'absent');
  });

  it('who read nothing has refused it; who was told goodbye to is served; and the kernel may give another reason', () => {
    assert.equal(judged(watched(reset(6, 6, 40)))('close-unread'), 'refuted 0');
    assert.equal(judged(watched(reset(500, 24, 40)))('close-unread'), 'refuted 0');
    assert.equal(judged(watched(reset(500, 24, 40)))('unknown'), 'absent');
    const other = { reason: { is: 'TCP_STATE', by: 'tracefs' as const } };
    assert.equal(judged(watched(reset(90_000, 80_000, 119, other)))('close-unread'), 'refuted 0');
  });

  it('where the order is not known, as many closes as the kernel counted tell, if nobody else can have made them', () => {
    assert.equal(judged(watched(unordered('10.0.0.2:40000')))('close-unread'), `confirmed ${COUNT}`);
    assert.equal(judged(watched(unordered('127.0.0.1:40000')))('close-unread'), 'insufficient-data 0');
    const beside = watched(unordered('10.0.0.2:40000'));
    beside.observer.before?.server?.others?.push(9);
    assert.equal(judged(beside)('close-unread'), 'insufficient-data 0');
  });

  it('without a descriptor left it is that', () => {
    const full = judged(watched(reset(90_000, 80_000, 119), { situation: 'full' }));
    assert.deepEqual([full('close-unread'), full('fd-exhaustion')], ['refuted 0', `confirmed ${COUNT}`]);
  });

  it('most of nofile left by clients: the leak has all of them, and the limit none', () => {
    const leak = judged(watched(reset(80, 80, 0), { situation: 'full', extras: 'gone=3000/2900/0' }));
    assert.deepEqual(
      [leak('descriptor-leak'), leak('fd-exhaustion'), leak('unknown')],
      [`confirmed ${COUNT}`, 'confirmed 0', 'absent'],
    );
    const before = judged(watched((at) => closedLine(at, 9, 9), { extras: 'gone=500/400/0' }));
    assert.equal(before('descriptor-leak'), 'contributing 0');
  });

  it('the kernel’s own reason is said of what nothing explains', () => {
    const reason = { reason: { is: 'TCP_KEEPALIVE_TIMEOUT', by: 'tracefs' as const } };
    const evidence = watched(reset(3, 0, 6, reason));
    const facts = { ...drawFacts(evidence), asked: 0, failed: [] };
    const unknown = judgeOutside(facts, CAUSES).find(({ cause }) => cause === 'unknown');
    assert.ok(
      unknown?.for.some(({ name, after }) => name.includes('TCP_KEEPALIVE_TIMEOUT') && after === COUNT),
    );
    const unaccepted = { ...reset(0, 0, 0, reason)(5), accepted: told(false) };
    assert.deepEqual(reasonItems([{ at: 5, fate: 'never accepted', atOnce: false, line: unaccepted }]), []);
  });
});
