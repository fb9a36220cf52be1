import assert from 'node:assert/strict';
import { drawFacts } from '../../../lab/facts/facts.ts';
import { evidenceOf, parse } from './situation.ts';

describe('verdict: the extras of the truth table', () => {
  const evidence = (extras: string, failed = '5 x reset @ open') =>
    evidenceOf(parse(`room 0 0 0 alive 20 herd ${failed} | ${extras}`), 1);

  it('exit: a signal or a code, and when', () => {
    const killed = evidence('exit=SIGKILL@1000');
    const { exit } = killed.gateway;
    const load = killed.fleet.phases.find(({ phase }) => phase === 'load');
    assert.deepEqual([exit?.signal, exit?.code, (exit?.at ?? 0) - (load?.at ?? 0)], ['SIGKILL', null, 1000]);
    assert.deepEqual(
      [evidence('exit=1').gateway.exit?.code, evidence('exit=1').gateway.exit?.signal],
      [1, null],
    );
  });

  it('counter, loop, setting: as the facts see them', () => {
    const given = evidence('counter:TcpExt_TCPReqQFullDrop=4 loop=4000@1000 setting:heartbeat_ms=300');
    const facts = drawFacts(given);
    assert.equal(facts.counter('TcpExt TCPReqQFullDrop'), 4);
    assert.equal(facts.gateway.loopMaxMs, 4000);
    assert.equal(given.asked.heartbeat_ms, 300);
    assert.throws(() => evidence('setting:moon=4'), /not a setting: moon/);
  });

  it('cpu: time grows with the wall', () => {
    const { series } = evidence('cpu=0.5').observer;
    const [first, last] = [series[0], series.at(-1)];
    assert.equal((last?.cpuMs ?? 0) - (first?.cpuMs ?? 0), ((last?.at ?? 0) - (first?.at ?? 0)) / 2);
  });

  it('close, age: one line a failed user, by its port, when it ended', () => {
    const { gateway, fleet } = evidence('close=deadline:1008 age=2000');
    const failed = fleet.users.filter(({ outcome }) => outcome !== 'open');
    assert.deepEqual(
      gateway.closes.map(({ peerPort, reason, code, at }) => ({ peerPort, reason, code, at })),
      failed.map((user) => ({
        peerPort: user.port,
        reason: 'deadline',
        code: 1008,
        at: user.startedAt + (user.endedMs ?? 0),
      })),
    );
    for (const { ageMs } of gateway.closes) assert.ok(ageMs >= 2000 && ageMs < 2100);
  });
});
