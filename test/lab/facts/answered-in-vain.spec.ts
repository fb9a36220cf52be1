import assert from 'node:assert/strict';
import { connectionFacts } from '../../../lab/facts/connections.ts';
import { type UpstreamFacts, upstreamFacts } from '../../../lab/facts/upstream.ts';
import type { MadeConnects } from '../../../protocol/upstream-events.ts';
import { evidenceOf, type Given, HERE, ports, queue, times } from './made-upstream.ts';

/** So many were answered in vain for each want, and so many others otherwise. */
function inVainOf(given: Given): Record<string, [inVain: number, others: number]> {
  const evidence = evidenceOf(given);
  const facts = upstreamFacts(evidence, Infinity, connectionFacts(evidence, Infinity), []) as UpstreamFacts;
  for (const [want, one] of Object.entries(facts.inVain))
    assert.ok(facts.ends[want as 'port'].length >= one.members.length);
  return Object.fromEntries(
    Object.entries(facts.inVain).map(([want, { members, others }]) => [want, [members.length, others]]),
  );
}

const failed = times(20, 1000, 100);
const answers = (bytes: number, at: readonly number[] = failed) =>
  at.map((moment) => [moment + 3, bytes] as const);
const got = (number: number, to = HERE): MadeConnects => ({ to: { [to]: number }, atOnce: 0 });

describe('facts: users who are answered, and not served, for want of an upstream', () => {
  it('all answered alike and shortly, each beside a refused connection, and nobody gets through', () => {
    const given: Given = { failed, answered: answers(325), age: 5 };
    assert.deepEqual(inVainOf(given), { accepting: [20, 0] });
    assert.deepEqual(inVainOf({ ...given, error: 'EADDRNOTAVAIL' }), { port: [20, 0] });
    assert.deepEqual(inVainOf({ ...given, made: got(2) }), { accepting: [20, 0] });
  });

  it('nobody, where it has somebody else to ask: another upstream, a UNIX socket, one it has kept', () => {
    const given: Given = { failed, answered: answers(325), age: 5 };
    assert.deepEqual(inVainOf({ ...given, made: got(20, '127.0.0.1:5432') }), {});
    assert.deepEqual(inVainOf({ ...given, made: { to: {}, atOnce: 20 } }), {});
    const kept = { ends: [{ remote: '127.0.0.1:5432', sockets: 4, unanswered: 0, through: 4 }], queues: [] };
    assert.deepEqual(inVainOf({ ...given, looks: times(9, 0, 1).map(() => kept) }), {});
  });

  it('nobody, where the answers are long, or are not one', () => {
    assert.deepEqual(inVainOf({ failed, answered: answers(4000), age: 5 }), {});
    const different = failed.map((at, index) => [at + 3, 300 + 20 * index] as const);
    assert.deepEqual(inVainOf({ failed, answered: different, age: 5 }), {});
  });

  it('nobody, where most come without a refused connection beside them', () => {
    const others = answers(
      325,
      times(40, 1050, 50).filter((at) => at % 100 === 50),
    );
    assert.deepEqual(
      inVainOf({ failed: failed.slice(0, 8), answered: [...answers(325), ...others], age: 5 }),
      {},
    );
  });

  it('those whose connection was refused, where others get through to the same upstream and are answered otherwise', () => {
    const others = times(20, 1050, 100);
    const given: Given = { failed, answered: [...answers(325), ...answers(5000, others)], age: 5 };
    assert.deepEqual(inVainOf({ ...given, made: got(20) }), { accepting: [20, 20] });
    assert.deepEqual(inVainOf({ ...given, made: got(20, '127.0.0.1:9001') }), {});
    const healed: Given = { failed, answered: [...answers(5000), ...answers(5000, others)], age: 5 };
    assert.deepEqual(inVainOf({ ...healed, made: got(40) }), {});
  });

  it('nobody, where it looks after a dead upstream all the time', () => {
    assert.deepEqual(inVainOf({ failed: times(400, 1000, 5), answered: answers(325), age: 40 }), {});
  });

  it('who left without an answer while the upstream gave none', () => {
    const looks = times(9, 0, 1).map(() => queue(6, 'tcp', 4));
    const given: Given = { failed, answered: answers(0), error: 'ECANCELED', age: 1500, looks };
    assert.deepEqual(inVainOf(given), { room: [20, 0] });
    assert.deepEqual(inVainOf({ ...given, age: 500 }), {});
  });

  it('untraced, those who came while no port was left, where nobody else had their answer', () => {
    const looks = [...times(4, 0, 1).map(() => ports(60)), ...times(20, 0, 1).map(() => ports(0))];
    const before = answers(5000, times(10, 100, 20));
    const given: Given = { traced: false, looks, age: 5 };
    const late = answers(325, times(20, 2600, 100));
    assert.deepEqual(inVainOf({ ...given, answered: [...before, ...late] }), { port: [20, 10] });
    assert.deepEqual(inVainOf({ ...given, answered: [...answers(325, [100]), ...before, ...late] }), {});
    assert.deepEqual(inVainOf({ ...given, answered: late }), {});
    assert.deepEqual(
      inVainOf({ ...given, answered: [...before, ...answers(5000, times(20, 2600, 100))] }),
      {},
    );
  });

  it('untraced, those who were answered late and alike while the upstream left its SYNs without an answer', () => {
    const looks = (unanswered: number, waiting = 6) =>
      times(12, 0, 1).map(() => queue(waiting, 'tcp', unanswered));
    const given: Given = { traced: false, age: 900, answered: answers(325, times(20, 1500, 100)) };
    assert.deepEqual(inVainOf({ ...given, looks: looks(4) }), { room: [20, 0] });
    assert.deepEqual(inVainOf({ ...given, looks: looks(0) }), {});
    assert.deepEqual(inVainOf({ ...given, looks: looks(4, 5) }), {});
    assert.deepEqual(inVainOf({ ...given, looks: looks(4), age: 50 }), {});
  });
});
