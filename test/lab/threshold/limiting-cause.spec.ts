import assert from 'node:assert/strict';
import type { Evidence } from '../../../lab/evidence/evidence.ts';
import { drawFacts, type Facts } from '../../../lab/facts/facts.ts';
import { SERVED_IN_TIME_LAW } from '../../../lab/laws/accept-rate-law.ts';
import { limitOf } from '../../../lab/threshold/limiting-cause.ts';
import type { MeasuredTrial } from '../../../lab/threshold/user-trial.ts';
import { evidenceOf, parse } from '../verdict/situation.ts';

/** Synthetic. The gateway of these has 24 descriptors at rest, nofile 4096. */
function trial(situation: string, change: (evidence: Evidence) => void): MeasuredTrial {
  const evidence = evidenceOf(parse(situation), 1);
  change(evidence);
  const facts = drawFacts(evidence);
  const failed = facts.failed.length;
  return { users: facts.asked, open: facts.open, failed, gateways: [{ evidence, facts }] };
}

const evidenceIn = ({ gateways }: MeasuredTrial) => gateways[0]?.evidence as Evidence;
const factsIn = ({ gateways }: MeasuredTrial) => gateways[0]?.facts as Facts;

/** Ports for so many users. */
const ports = (users: number) => (evidence: Evidence) => {
  const { self } = evidence.fleet.done ?? {};
  if (self) self.ports = { first: 20_000, last: 20_000 + users - 1, addresses: 1 };
};

const limit = (one: MeasuredTrial) => {
  const { limitedBy, predicted } = limitOf({ smallest: one, first: one }, 'capacity', 'failed');
  return [limitedBy, predicted];
};

describe('threshold: what limits', () => {
  const both = 'full 0 0 0 alive 20 herd 4 x reset @ upgrade + 8 x no-port @ connect';

  it('of two laws that one burst met, the one that holds fewer, not the one that more users met', () => {
    assert.deepEqual(limit(trial(both, ports(4080))), ['descriptors', 4072]);
    assert.deepEqual(limit(trial(both, ports(4060))), ['ports', 4060]);
  });

  it('a law that nobody failed of is none, however little it would hold', () => {
    const alone = 'room 0 0 0 alive 20 herd 8 x no-port @ connect';
    assert.deepEqual(limit(trial(alone, ports(4080))), ['ports', 4080]);
  });

  it('by the law on what made them fail; where none knows it, by the wider cause', () => {
    for (const [situation, name] of [
      ['room 0 0 0 max-connections 20 herd 40 x reset @ upgrade', 'max-connections'],
      ['room 0 0 0 alive 20 herd 8 x no-fd @ connect', 'robots-descriptors'],
      ['room 715 0 0 alive 20 herd 40 x timeout @ connect', 'listen-backlog'],
      ['room 0 0 0 alive 20 herd 40 x reset @ upgrade', 'unknown'],
      ['room 0 0 0 alive 20 herd 40 x timeout @ tls | busy=0.98 tls=900/850/0.05', 'tls-handshake'],
    ] as const)
      assert.equal(limit(trial(situation, () => {}))[0], name, situation);
  });

  it('TLS handshakes: by the rate at which users were served', () => {
    const one = trial(
      'room 0 0 0 alive 20 herd 40 x timeout @ tls | busy=0.98 tls=900/850/0.05',
      (evidence) => {
        evidence.asked.connect_timeout_ms = 1000;
      },
    );
    const { law, predicted } = limitOf({ smallest: one, first: one }, 'rate', 'failed');
    assert.equal(law, SERVED_IN_TIME_LAW);
    const opened = evidenceIn(one).fleet.users.flatMap(({ startedAt, openMs }) =>
      openMs ? [startedAt + openMs] : [],
    );
    const ms = Math.max(...opened) - Math.min(...opened);
    const whole = (opened.length / ms) * 1000;
    // Between the tenth and the ninetieth percentile it is served somewhat faster than from the first to the last.
    assert.ok(
      predicted !== null && predicted > whole && predicted < 1.5 * whole,
      `${predicted}, ${whole} in all`,
    );
  });

  /** All came at once; the gateway went on when the queue had these. */
  const stopped = (queue: number, held: number) => (evidence: Evidence) => {
    const from = Math.min(...evidence.fleet.users.map(({ startedAt }) => startedAt));
    evidence.gateway.stopped = { from, to: from + 500 };
    if (evidence.gateway.listening) evidence.gateway.listening.backlog = queue;
    if (evidence.observer.before) evidence.observer.before.sysctls.somaxconn = String(queue);
    for (const [index, user] of [...evidence.fleet.users].reverse().entries())
      user.connectedMs = index < held ? 1 : 1000;
  };
  const users = (situation: string) => trial(situation, () => {}).users;
  const full = 'full 0 0 0 alive 20 herd 40 x reset @ upgrade';

  it('a stopped gateway: its queue holds everybody, and then it has no descriptor for some', () => {
    const one = trial(full, stopped(9000, users(full)));
    assert.equal(factsIn(one).queue?.heldAtOnce, one.users);
    assert.equal(factsIn(one).queue?.servedAtOnce, one.users - 40);
    assert.deepEqual(limit(one), ['descriptors', 4072]);
  });

  it('a stopped gateway: its queue has no room for some, and of the others it has no descriptor for more', () => {
    const one = trial(full, stopped(4080, users(full) - 3));
    assert.deepEqual(limit(one), ['descriptors', 4072]);
    assert.deepEqual(limit(trial(full, stopped(4070, users(full) - 3))), ['accept-queue', 4071]);
  });
});
